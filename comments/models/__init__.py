from .alerts import Alert
from .changes import Change
from .decisions import Decision
from .notices import Notice
from .receipts import Receipt
from .replies import Comment
from .reports import Report
from .watches import Watch
from .watchwords import HelpLine, Watchword, Weight
from .words import Word
from .writers import Writer

__all__ = [
    "Alert",
    "Change",
    "Comment",
    "Decision",
    "HelpLine",
    "Notice",
    "Receipt",
    "Report",
    "Watch",
    "Watchword",
    "Weight",
    "Word",
    "Writer",
]
