from newsletter.throttle import Bucket, Rest

from .chunks import Chunk
from .confirming import Confirmation
from .consents import Consent
from .contents import IssuePost, Variant
from .delivering import Delivery
from .editions import Edition
from .events import MailEvent
from .imports import Import
from .issues import Issue
from .looks import Look
from .memos import Memo
from .people import Frequency, Subscriber
from .proofs import Proof
from .quotes import IssueQuote, Quote
from .rushes import Rush
from .stories import Follow
from .suppression import Suppression
from .tallies import Tally

__all__ = [
    "Bucket",
    "Chunk",
    "Confirmation",
    "Consent",
    "Delivery",
    "Edition",
    "Follow",
    "Frequency",
    "Import",
    "Issue",
    "IssuePost",
    "IssueQuote",
    "Look",
    "MailEvent",
    "Memo",
    "Proof",
    "Quote",
    "Rest",
    "Rush",
    "Subscriber",
    "Suppression",
    "Tally",
    "Variant",
]
