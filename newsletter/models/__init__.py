from .chunks import Chunk
from .confirming import Confirmation
from .delivering import Delivery
from .editions import Edition
from .issues import Issue, IssuePost, Variant
from .people import Consent, Subscriber, Suppression
from .quotes import IssueQuote, Quote
from newsletter.throttle import Bucket, Rest

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
    "Quote",
    "Rest",
    "Subscriber",
    "Suppression",
    "Variant",
]
