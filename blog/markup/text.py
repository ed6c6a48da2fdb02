"""Typed text before any markup: cleaning, counting, showing as it is."""

import re
import unicodedata

from django.utils.html import escape

COMBINING_MARKS = 8

LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
MAYBE_MARKED = re.compile(rf"[^\x00-\x7f]{{{COMBINING_MARKS + 1},}}")
PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*")


def clean_text(source: str) -> str:
    """Take out what no keyboard types: control and direction characters, towers of marks."""
    source = without_unwanted(LINE_ENDS.sub("\n", source))
    if source.isascii():
        return source
    # Before NFC too: it sorts a run of marks in quadratic time.
    source = unicodedata.normalize("NFC", MAYBE_MARKED.sub(_with_fewer_marks, source))
    return MAYBE_MARKED.sub(_with_fewer_marks, source)


def without_unwanted(text: str) -> str:
    return UNWANTED.sub("", text)


def as_typed(source: str) -> str:
    paragraphs = PARAGRAPH_END.split(escape(source).strip())
    return "\n".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs if p)


def count_words(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _with_fewer_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in run[0]:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= COMBINING_MARKS:
            kept.append(char)
    return "".join(kept)
