"""Likeness: four numbers of a text, of which nearly the same text has nearly all.

Each is made of the smallest two of its pairs of words, each by another order (“MinHash”): two texts
that share nine tenths of their pairs have four equal numbers of five. Equal parts are found by
plain indexes, however many replies there are, and none of the words is needed any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from comments.vocabulary import pairs_in

FIELDS = ["likeness_a", "likeness_b", "likeness_c", "likeness_d"]
FEWEST = 7  # pairs: “Ice.” and “Thank you so much, Sara” are said by many
ALIKE_FROM = 2  # equal parts: with one, two texts share a turn of phrase

# Eight orders. Their first bits are far from each other, so that each has another smallest.
ORDERS = [
    (0x1D8AF066, 0x9B05688C),
    (0x3C6EF372, 0xA54FF53A),
    (0x510E527F, 0xC1059ED8),
    (0x7137374A, 0xE49B69C1),
]

Likeness = tuple[int, int, int, int]


def of(text: str) -> Likeness | None:
    """The four numbers. None: so few words are equal by chance."""
    pairs = pairs_in(text)
    if len(pairs) < FEWEST:
        return None
    hashes = [crc32(pair.encode()) for pair in pairs]
    a, b, c, d = (_part(hashes, *orders) for orders in ORDERS)
    return a, b, c, d


def as_fields(text: str) -> dict[str, int | None]:
    """What a row keeps of it."""
    return dict(zip(FIELDS, of(text) or [None] * 4, strict=True))


def are_alike(one: Iterable[int | None], other: Iterable[int | None]) -> bool:
    return sum(a == b for a, b in zip(one, other, strict=True)) >= ALIKE_FROM


def _part(hashes: list[int], first: int, second: int) -> int:
    """31 bits, as a column of whole numbers holds."""
    smallest = min(map(first.__xor__, hashes)), min(map(second.__xor__, hashes))
    return crc32(b"%d %d" % smallest) >> 1
