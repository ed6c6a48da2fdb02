"""What a text is made of, for comparing it with others: words, pairs of words, links. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

LENGTH = 10_000  # characters that are looked at: no reply has more
MOST = 600  # words and pairs of one text that the learned filter looks at
FROM_LINKS = 60  # of these at most so many from links, which may stand anywhere
WORD_LENGTH = 19  # two of them and a space are less than a row's 40 characters

# Each in one pass over the text, however hostile: nothing here looks back further than a character.
LINK = re.compile(r"(?:https?://|\bwww\.)([^\s/\"'<>()\[\]?#:]+)(\S*)", re.IGNORECASE)
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
WORD = re.compile(r"[^\W\d_](?:['’]?[^\W\d_])*|[$€£%]|!+|\d[\d.,]*")
IN_PATH = re.compile(r"[a-z]{3,19}")
WITHOUT_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def words_in(text: str) -> list[str]:
    """What the learned filter counts in a text, each thing once.

    Words, folded; words in capitals once more as written; pairs of words; of links the host and the
    words of the path. No addresses and no long numbers, so that the counts hold nobody's.
    """
    text = _folded(text)
    found: dict[str, None] = {}
    text = LINK.sub(lambda link: _note_link(link, found), text)
    text = ADDRESS.sub(" address ", text)
    before = ""
    for match in WORD.finditer(text):
        as_written = match[0]
        word = _counted(as_written)
        found[word] = None
        if len(as_written) > 2 and as_written.isupper():
            found[as_written[:WORD_LENGTH]] = None
        if before:
            found[f"{before} {word}"] = None
        before = word
        if len(found) >= MOST:
            break
    return list(found)[:MOST]


def pairs_in(text: str) -> set[str]:
    """Every two words that follow each other: letters alone, so that numbers may differ."""
    words = [match[0].casefold() for match in WORD.finditer(_folded(text)) if match[0][0].isalpha()]
    return {f"{first} {second}" for first, second in pairwise(words)}


def _folded(text: str) -> str:
    """Wide, ringed and ligatured letters as plain ones; nothing between them that nobody sees."""
    text = unicodedata.normalize("NFKC", WITHOUT_WIDTH.sub("", text[:LENGTH]))
    return text[:LENGTH]


def _note_link(link: re.Match[str], found: dict[str, None]) -> str:
    host, path = link[1].casefold().removeprefix("www."), link[2].casefold()
    if len(found) < FROM_LINKS:
        found["://"] = None
        found[".".join(host.split(".")[-2:])[-40:]] = None
        for word in IN_PATH.findall(path)[:20]:
            found[f"/{word}"] = None
    return " link "


def _counted(word: str) -> str:
    if word[0].isdigit():
        digits = word.strip(".,")
        return digits if len(digits) < 5 else "number"
    if word[0] == "!":
        return word[:3]
    return word.casefold().replace("’", "'")[:WORD_LENGTH]
