"""Marks words in HTML that was made here, across the tags that stand between them."""

import re
from html import unescape

PIECE = re.compile(r'(?P<tag><(?:[^">]|"[^"]*")*>)|&\w+;|&#\w+;|.', re.DOTALL)
# What begins a new line: a phrase may go on after it as after a space.
BREAKS = re.compile(r"</?(?:p|li|ul|ol|blockquote|br)\b")


def with_marks(html: str, phrases: list[str]) -> str:
    """The same HTML; where its text says one of the phrases, that is within <mark>."""
    pieces = [(found[0], bool(found["tag"])) for found in PIECE.finditer(html)]
    said = "".join(_said(piece, is_tag) for piece, is_tag in pieces)
    marked = _places(said, phrases)
    made, place, is_open = [], 0, False
    for piece, is_tag in pieces:
        # None begins with a space: what stands between two paragraphs is no text.
        inside = not is_tag and place in marked and (is_open or not piece.isspace())
        if inside != is_open:
            made.append("<mark>" if inside else "</mark>")
            is_open = inside
        made.append(piece)
        place += len(_said(piece, is_tag))
    return "".join(made)


def _said(piece: str, is_tag: bool) -> str:
    """What a reader sees of it: one character, or none."""
    if is_tag:
        return " " if BREAKS.match(piece) else ""
    return piece if len(piece) == 1 else unescape(piece)[:1]


def _places(said: str, phrases: list[str]) -> set[int]:
    places: set[int] = set()
    for phrase in phrases:
        words = phrase.split()
        if not words:
            continue
        begin = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
        end = r"(?!\w)" if re.search(r"\w\Z", words[-1]) else ""
        looked_for = begin + r"\s+".join(map(re.escape, words)) + end
        for found in re.finditer(looked_for, said):
            places.update(range(*found.span()))
    return places
