"""What is logged of an error that nobody foresaw, in a page or in a task."""

from __future__ import annotations

import logging
import traceback

errors = logging.getLogger("afterword.error")
FRAMES = 8


def note_fault(error: BaseException, *, where: str) -> None:
    """Its class and where it broke, without its own words: a database quotes people's addresses."""
    frames = traceback.extract_tb(error.__traceback__)
    trail = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames[-FRAMES:]))
    errors.error("%s in %s: %s", type(error).__name__, where, trail)
