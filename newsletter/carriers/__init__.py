"""How a mail leaves: whatever EMAIL_URL chose, and what an error of it means."""

from .base import (
    AlreadyTaken,
    Carrier,
    Meaning,
    NotTaken,
    OneByOne,
    Unanswered,
    asked_to_wait,
    meaning,
    name,
    whose_fault,
)
from .chosen import current, takes_whole_calls
from .files import FileBackend

__all__ = [
    "AlreadyTaken",
    "Carrier",
    "FileBackend",
    "Meaning",
    "NotTaken",
    "OneByOne",
    "Unanswered",
    "asked_to_wait",
    "current",
    "meaning",
    "name",
    "takes_whole_calls",
    "whose_fault",
]
