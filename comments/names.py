"""Names that look the same."""

from __future__ import annotations

import unicodedata

LENGTH = 80


def name_key(name: str) -> str:
    """Its letters and digits alone, folded: equal for names that people take for each other."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(str.isalnum, folded))[:LENGTH]
