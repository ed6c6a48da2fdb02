"""CSV as it comes: any spelling of letters, any separator, and never all of it in memory."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from newsletter.lists.kinds import Kind, Reader, recognise

LONGEST_LINE = 1_000_000  # a file without line ends must not fill the memory
SEPARATORS = ",;\t"
SEPARATOR_LINE = re.compile(r"sep=(.)")  # what Excel writes on top
BOMS = {codecs.BOM_UTF8: "", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
NO_CSV = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")  # zip, xlsx; xls; pdf; gz


class Unreadable(Exception):
    """No list of addresses. `reason`: a word of `REASONS` in models/imports.py."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass
class Sheet:
    """An open file: what wrote it, who understands its lines, and those from the next one on.

    Lines are numbered as spreadsheets do: the names of the columns are mostly line 1.
    """

    kind: Kind
    reader: Reader
    lines: Iterator[tuple[int, list[str]]]


def sheet(path: Path) -> Sheet:
    """Open a file as far as the names of its columns."""
    try:
        file = path.open("rb")
    except OSError:
        raise Unreadable("gone") from None
    text = _text_lines(file)
    first = next(text, "")
    separator = SEPARATOR_LINE.fullmatch(first.strip())
    top = next(text, "") if separator else first
    delimiter = separator[1] if separator else max(SEPARATORS, key=top.count)
    lines = _numbered(csv.reader(_again(top, text), delimiter=delimiter), bool(separator))
    for _number, names in lines:
        if any(names):
            kind = recognise(names)
            if reader := kind.reader(names):
                return Sheet(kind, reader, lines)
            raise Unreadable("no addresses")
    raise Unreadable("empty")


def _numbered(rows, has_separator_line: bool) -> Iterator[tuple[int, list[str]]]:
    """Every line, also empty ones. What cannot be taken apart comes as a line without cells."""
    number = int(has_separator_line)
    while True:
        number += 1
        try:
            yield number, next(rows)
        except csv.Error:  # mostly a quotation mark that never ends
            yield number, ["\N{REPLACEMENT CHARACTER}"]
        except StopIteration:
            return


def _again(line: str, rest: Iterator[str]) -> Iterator[str]:
    yield line
    yield from rest


def _text_lines(file: BinaryIO) -> Iterator[str]:
    """Lines with their ends, without NULs."""
    with file:
        start = file.read(4096)
        if start.startswith(NO_CSV):
            raise Unreadable("no csv")
        bom = next((bom for bom in BOMS if start.startswith(bom)), b"")
        file.seek(len(bom))
        wide = BOMS.get(bom) or _wide(start)
        text = io.TextIOWrapper(file, wide or "latin-1", errors="replace", newline="")
        for line in iter(lambda: text.readline(LONGEST_LINE), ""):
            whole = line if wide else _narrow(line.encode("latin-1"))
            yield whole.replace("\0", "") if "\0" in whole else whole


def _narrow(line: bytes) -> str:
    """UTF-8; a line that is not is Windows-1252. By line: one odd name must not spoil the rest."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _wide(start: bytes) -> str:
    """UTF-16 without its mark: every other byte of an English header is NUL."""
    if len(start) > 3 and start[1:20:2].count(0) > 5:
        return "utf-16-le"
    if len(start) > 3 and start[0:20:2].count(0) > 5:
        return "utf-16-be"
    return ""
