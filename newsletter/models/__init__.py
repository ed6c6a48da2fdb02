from .delivering import Confirmation, Delivery
from .editions import Edition
from .events import MailEvent
from .issues import Issue, IssuePost
from .people import Consent, Subscriber, Suppression

__all__ = [
    "Confirmation",
    "Consent",
    "Delivery",
    "Edition",
    "Issue",
    "IssuePost",
    "MailEvent",
    "Subscriber",
    "Suppression",
]
