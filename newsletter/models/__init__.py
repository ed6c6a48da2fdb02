from .delivering import Confirmation, Delivery
from .issues import Edition, Issue, IssuePost
from .people import Consent, Subscriber, Suppression

__all__ = [
    "Confirmation",
    "Consent",
    "Delivery",
    "Edition",
    "Issue",
    "IssuePost",
    "Subscriber",
    "Suppression",
]
