"""What beat rings for each minute, part by part."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger("afterword.newsletter")


def on_its_own(part: Callable[[], object]) -> None:
    """One part that fails must not keep the others from their minute."""
    try:
        part()
    except Exception as error:
        log.error("tick: %s failed: %s", part.__qualname__, type(error).__name__)
