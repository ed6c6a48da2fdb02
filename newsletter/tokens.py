"""Links that a person can keep: a random public id and a keyed mark, one purpose each.

A token is 32 characters of an alphabet without look-alikes: 16 that name the row and 16 (79 bits
of HMAC-SHA256) that nobody can make without the site's key. It carries no date and no address:
how long it is good for is decided by the row. Raising the row's `version` revokes it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import constant_time_compare

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"  # stops letters: in headers, so it shows nothing
UNFOLLOW = "unfollow"  # the same for news on stories
MANAGE = "manage"  # changes what one gets; shows no address and no story
DELIVERY = "delivery"
CONFIRMATION = "confirmation"
MEMO = "memo"
PROOF = "proof"
MINE = "mine"

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 1 i l o
LETTERS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
ID_LENGTH = MARK_LENGTH = 16


def public_id() -> str:
    """A new random name for a row (about 79 bits)."""
    return secrets.token_bytes(ID_LENGTH).translate(LETTERS).decode()


def numbered(number: int) -> str:
    """A row's number in the shape of a public id, for rows that are made by the million."""
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits.rjust(ID_LENGTH, ALPHABET[0])


def number(public_id: str) -> int:
    """The number that `numbered` was given."""
    value = 0
    for digit in public_id:
        value = value * len(ALPHABET) + ALPHABET.index(digit)
    return value


def make(purpose: str, public_id: str, version: int = 0) -> str:
    return public_id + _mark(purpose, public_id, version, settings.SECRET_KEY)


def read(token: str) -> str:
    """The public id that a token claims to name: prove it with `proves` before believing it.

    Empty when no row can have it: databases refuse some of what people put into an address.
    """
    public_id = _plain(token)[:ID_LENGTH]
    return public_id if set(public_id) <= set(ALPHABET) else ""


def proves(token: str, purpose: str, version: int = 0) -> bool:
    """True when this site made the token, for this purpose and version, with any key it knows."""
    public_id, mark = _plain(token)[:ID_LENGTH], _plain(token)[ID_LENGTH:]
    return is_mark(mark, purpose, public_id, version)


def is_mark(mark: str, purpose: str, name: str, version: int = 0) -> bool:
    """Whether this site made the mark for this name, whatever the name's shape."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(mark, _mark(purpose, name, version, k)) for k in keys)


def grouped(token: str) -> str:
    """The same token with a dash after every fourth character, to read or write down."""
    return "-".join(token[i : i + 4] for i in range(0, len(token), 4))


def _plain(token: str) -> str:
    return token.replace("-", "")


def _mark(purpose: str, public_id: str, version: int, key: str) -> str:
    digest = _keyed("newsletter.tokens", f"{purpose}:{public_id}:{version}", key)
    return digest[:MARK_LENGTH].translate(LETTERS).decode()


def _keyed(salt: str, message: str, secret: str) -> bytes:
    """What Django's salted_hmac gives, with the key derived once: a letter asks for thousands."""
    return hmac.digest(_derived(salt, secret), message.encode(), "sha256")


@lru_cache(maxsize=32)
def _derived(salt: str, secret: str) -> bytes:
    return hashlib.sha256((salt + secret).encode()).digest()


def address_hashes(email: str) -> list[str]:
    """Keyed hashes of an address, for lists that outlive it: today's key first, then older ones."""
    address = email.strip().lower()
    return [
        _keyed("newsletter.address", address, key).hex()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
