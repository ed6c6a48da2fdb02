from newsletter.throttle import Bucket, Rest

from .chunks import Chunk
from .confirming import Confirmation
from .contents import IssuePost, Variant
from .delivering import Delivery
from .editions import Edition
from .events import MailEvent
from .issues import Issue
from .people import Consent, Subscriber, Suppression
from .proofs import Proof
from .quotes import IssueQuote, Quote

__all__ = [
    "Bucket",
    "Chunk",
    "Confirmation",
    "Consent",
    "Delivery",
    "Edition",
    "Issue",
    "IssuePost",
    "IssueQuote",
    "MailEvent",
    "Proof",
    "Quote",
    "Rest",
    "Subscriber",
    "Suppression",
    "Variant",
]
