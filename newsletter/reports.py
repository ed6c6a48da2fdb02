"""A mail that came back, read: what it says of which of our mails, in anymail's words.

RFC 3464 (delivery status) and RFC 5965 (complaints). Anything else is no report: an answer of
somebody on holiday, a bounce in free words, a receipt. Which mail it is about says only a
Message-ID or a mark that this site made; addresses in it can be forged and are never looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.utils import timezone

from newsletter import emails, tokens
from newsletter.models import evidence

LARGEST = 250_000  # what matters stands at the beginning; of larger ones the rest is not read
MOST_PARTS, MOST_NAMES, MOST_LETTERS = 50, 20, 4000
STATUS = {"message/delivery-status", "message/global-delivery-status"}
RETURNED = {
    *("message/rfc822", "message/global", "message/global-headers"),
    *("text/rfc822-headers", "message/rfc822-headers"),
}
COMPLAINT = "message/feedback-report"
REPORT = re.compile(rb"delivery-status|feedback-report", re.IGNORECASE)  # spares the parser much
# The best first: of several people behind one address, it is enough that one got it.
ACTIONS = {
    "delivered": EventType.DELIVERED,
    "relayed": EventType.SENT,
    "expanded": EventType.SENT,
    "delayed": EventType.DEFERRED,
    "failed": EventType.BOUNCED,
}
COMPLAINTS = {
    "abuse": EventType.COMPLAINED,
    "fraud": EventType.COMPLAINED,
    "opt-out": EventType.UNSUBSCRIBED,
}
# Where companies put what we gave them to take along.
MARKS = ("X-Metadata", "X-Mailgun-Variables")


def read(raw: bytes) -> AnymailTrackingEvent | None:
    """What a mail reports of a mail of ours; None for whatever is no such report.

    Written by anybody: nothing in it may stop us. The parser is known to stumble.
    """
    beginning = raw[:LARGEST]
    if not REPORT.search(beginning):
        return None
    try:
        return _report(message_from_bytes(beginning), raw)
    except Exception:
        return None


def _report(mail: Message, raw: bytes) -> AnymailTrackingEvent | None:
    parts = iter(islice(mail.walk(), MOST_PARTS))
    said = next((said for part in parts if (said := _said(part))), None)
    if not said:
        return None
    kind, reject_reason, answer, names = said
    returned = _returned(parts)  # what comes after it: the report itself may have been enclosed
    about = [*_names(returned, "Message-ID"), *names, *_names(mail, "In-Reply-To", "References")]
    ours = next((name for name in islice(about, MOST_NAMES) if emails.named(name)[0]), "")
    mark = _mark(returned)
    if not ours and not mark:
        return None
    own_name = str(mail["Message-ID"] or "").strip().encode() or raw
    return AnymailTrackingEvent(
        event_type=kind,
        timestamp=_date(mail),
        event_id=hashlib.sha256(own_name + ours.encode()).hexdigest(),
        message_id=ours,
        metadata={"delivery": mark} if mark else {},
        reject_reason=reject_reason,
        mta_response=answer,
    )


def _said(part: Message) -> tuple[str, str | None, str, list[str]] | None:
    """What happened, why, in which words, and how it names the mail."""
    if part.get_content_type() in STATUS:
        return _status(list(islice(_blocks(part), MOST_PARTS)))
    if part.get_content_type() == COMPLAINT:
        fields = next(_blocks(part))
        kind = COMPLAINTS.get(_word(fields["Feedback-Type"]))
        return (kind, None, "", _names(fields, "Original-Message-ID")) if kind else None
    return None


def _status(blocks: list[Message]) -> tuple[str, str | None, str, list[str]] | None:
    by_action = {_word(block["Action"]): block for block in reversed(blocks)}
    action = next((action for action in ACTIONS if action in by_action), None)
    if action is None:
        return None
    block = by_action[action]
    names = [
        name
        for fields in blocks
        for name in _names(fields, "X-Original-Message-ID", "Original-Message-ID")
    ]
    reject_reason = RejectReason.BOUNCED if action == "failed" else None
    return ACTIONS[action], reject_reason, _answer(block), names


def _answer(block: Message) -> str:
    """The far server's own words first: whoever reports may only guess at a code."""
    kind, _mark, words = str(block["Diagnostic-Code"] or "").partition(";")
    answer = " ".join(words.split()) if kind.strip().lower() == "smtp" else ""
    status = str(block["Status"] or "").split()[:1]
    return " ".join([answer, *status]).strip()


def _blocks(part: Message) -> Iterator[Message]:
    """Groups of fields; the newer kind of status is not taken apart by the parser."""
    for block in _inner(part):
        yield block
        rest = block.get_payload()
        if isinstance(rest, str):
            yield from map(message_from_string, re.split(r"\r?\n\r?\n", rest)[:MOST_PARTS])


def _returned(parts: Iterator[Message]) -> Message:
    """The headers of the mail that came back; empty when they did not come along."""
    part = next((part for part in parts if part.get_content_type() in RETURNED), None)
    if part is None:
        return Message()
    if inner := _inner(part):
        return inner[0]
    text = part.get_payload(decode=True)
    return message_from_bytes(text) if isinstance(text, bytes) else Message()


def _inner(part: Message) -> list[Any]:
    inside = part.get_payload()
    return inside if isinstance(inside, list) else []


def _names(fields: Message, *headers: str) -> list[str]:
    found = [str(value) for header in headers for value in fields.get_all(header, [])]
    return [name for value in found for name in value[:MOST_LETTERS].split()]


def _mark(returned: Message) -> str:
    for header in MARKS:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            mark = str(json.loads(str(returned[header] or ""))["delivery"])
            if any(tokens.proves(mark, kind.PURPOSE) for kind in evidence.kinds()):
                return mark
    return ""


def _date(mail: Message) -> datetime | None:
    """Theirs, but never one that is still to come: anybody can write a date."""
    try:
        date = parsedate_to_datetime(str(mail["Date"]))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(date if date.tzinfo else date.replace(tzinfo=UTC), timezone.now())


def _word(value: object) -> str:
    return str(value or "").split("(")[0].strip().lower()
