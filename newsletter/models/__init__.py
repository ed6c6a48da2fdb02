from .delivering import Confirmation, Delivery
from .editions import Edition
from .issues import Issue, IssuePost
from .people import Consent, Subscriber, Suppression
from .quotes import IssueQuote, Quote

__all__ = [
    "Confirmation",
    "Consent",
    "Delivery",
    "Edition",
    "Issue",
    "IssuePost",
    "IssueQuote",
    "Quote",
    "Subscriber",
    "Suppression",
]
