"""E-mail addresses as people type them: one form of each, and plain words when there is none."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from blog import markup

LONGEST, LONGEST_NAME = 254, 64

# Addresses that need no second look, a hundred times as fast: a list may hold a million of them.
# A test asks the library about everything that this lets pass.
ATOM, LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+"
PLAIN = re.compile(rf"({ATOM}(?:\.{ATOM})*)@((?:{LABEL}\.)+)([A-Za-z]{{2,63}})")
LONGEST_LABEL = 63


def clean(text: str) -> str:
    """The address in the one form that we store and can send to, or a sentence that says why not.

    Nothing is looked up: whether somebody is there, only the confirmation can tell.
    """
    if plain := _plain(text):
        return plain
    typed = markup.clean_text(text).strip()
    try:
        return _parsed(typed)
    except EmailNotValidError:
        raise ValidationError(_what_is_wrong(typed), code="address") from None


def canonical(address: str) -> str:
    """One spelling for all ways to write an address: no two subscribers share it."""
    return address.strip().lower()


def mailbox(address: str) -> str:
    """The mailbox behind name+tag@host: what all its forms share."""
    name, _at, host = canonical(address).rpartition("@")
    return f"{name.partition('+')[0] or name}@{host}"


def _plain(text: str) -> str:
    """What the library would say to an ordinary address; empty for all that it should look at."""
    found = PLAIN.fullmatch(text)
    if not found or len(text) > LONGEST:
        return ""
    name, labels, last = found.groups()
    if len(name) > LONGEST_NAME or last.lower() in SPECIAL_USE_DOMAIN_NAMES:
        return ""
    if len(labels) > LONGEST_LABEL and max(map(len, labels.split("."))) > LONGEST_LABEL:
        return ""
    if not name.islower() and name.lower() in CASE_INSENSITIVE_MAILBOX_NAMES:
        return ""
    return f"{name}@{labels.lower()}{last.lower()}"


def _parsed(address: str) -> str:
    parsed = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    # The host as mail servers spell it (xn--…): one row for all spellings of an address.
    return parsed.ascii_email or parsed.normalized


def _what_is_wrong(address: str) -> str:
    if not address:
        return _("Please write your e-mail address.")
    name, at, host = address.partition("@")
    if not at:
        return _("An e-mail address has an @ in it, like name@example.org.")
    if "@" in host:
        return _("Please write one address only. This has more than one @.")
    if len(address) > LONGEST or len(name) > LONGEST_NAME:
        return _("This is longer than an e-mail address can be. Please look it over.")
    if not _is_valid(f"{name}@example.org"):
        return _(
            "We cannot write to this address. Please look at the part before the @: letters, "
            "numbers, dots and dashes work, spaces and accents do not."
        )
    return _(
        "We cannot write to this address. Please look at the part after the @. It should look "
        "like example.org."
    )


def _is_valid(address: str) -> bool:
    try:
        return bool(_parsed(address))
    except EmailNotValidError:
        return False
