"""Our own export: its columns, and what they say when it comes back. Nothing is lost on the way."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from newsletter import tokens

COLUMNS = [
    *("email", "status", "frequency", "all_topics", "topics", "quiet", "source"),
    *("signed_up_at", "asked_at", "confirmed_at", "paused_until", "unsubscribed_at"),
    *("bounce_score", "bounce_scored_at", "suppressed", "public_id", "link_version"),
    *("follows", "consents"),
]
MOMENTS = [
    *("signed_up_at", "asked_at", "confirmed_at", "unsubscribed_at", "bounce_scored_at"),
]
MOMENTS_WITHIN = ["begun_at", "ended_at", "given_at", "confirmed_at"]
MOST = 1e9
# A spreadsheet would take such a cell for a formula; one that begins like ours gets one more.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def harmless(text: str) -> str:
    """A cell that every spreadsheet shows as text."""
    return f"'{text}" if FORMULA.match(text) else text


def as_it_was(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def cells(record: dict[str, Any]) -> list[str]:
    """A person as a line of the file."""
    return [harmless(_written(record[column])) for column in COLUMNS]


def record(line: dict[str, str]) -> dict[str, Any]:
    """A line as a person: what cannot be understood is as if it were not there."""
    said = {column: as_it_was(line.get(column, "")) for column in COLUMNS}
    return said | {
        **{column: _moment(said[column]) for column in MOMENTS},
        "all_topics": said["all_topics"] != "no",
        "quiet": said["quiet"] == "yes",
        "topics": said["topics"].split(),
        "paused_until": _day(said["paused_until"]),
        "bounce_score": _number(said["bounce_score"]),
        "public_id": said["public_id"] if _is_public_id(said["public_id"]) else tokens.public_id(),
        "link_version": int(_number(said["link_version"])),
        "follows": _parts(said["follows"]),
        "consents": _parts(said["consents"]),
    }


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return " ".join(value)
        return json.dumps(value, ensure_ascii=False, default=_written)
    return str(value)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> float:
    """Not less than nothing, and no more than a column holds."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return min(number, MOST) if number >= 0 else 0.0


def _is_public_id(text: str) -> bool:
    return len(text) == tokens.ID_LENGTH and set(text) <= set(tokens.ALPHABET)


def _parts(text: str) -> list[dict[str, Any]]:
    """A cell that is a list of things, with its moments read."""
    try:
        parts = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    for part in parts:
        for name, value in part.items():
            if name in MOMENTS_WITHIN:
                part[name] = _moment(str(value or ""))
            elif isinstance(value, str):
                part[name] = _storable(value)
    return parts


def _storable(text: str) -> str:
    """JSON can spell what no database takes."""
    return text.encode(errors="ignore").decode().replace("\0", "")
