"""Everybody as a CSV file, with what they chose and what they agreed to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from newsletter.lists import own
from newsletter.models import Subscriber, Suppression

AT_ONCE = 500
BOM = "\ufeff"  # without it, Excel takes UTF-8 for something else


def pieces() -> Iterator[str]:
    """The file piece by piece, who came first on top."""
    yield BOM + _csv([own.COLUMNS])
    last = 0
    while people := list(_after(last)):
        last = people[-1].pk
        emails = [person.email for person in people]
        stopped = Suppression.objects.against_mail().reasons(emails)
        yield _csv(own.cells(_record(person, stopped)) for person in people)


def _after(pk: int):
    people = Subscriber.objects.filter(pk__gt=pk).order_by("pk")
    return people.prefetch_related("topics", "follows__story", "consents__story")[:AT_ONCE]


def _record(person: Subscriber, stopped: dict[str, str]) -> dict[str, Any]:
    """As `own.record` reads it. No answer of a person is left out, and no row's number is in it."""
    columns = set(own.COLUMNS) - {"topics", "suppressed", "follows", "consents"}
    return {column: getattr(person, column) for column in columns} | {
        "topics": sorted(topic.slug for topic in person.topics.all()),
        "suppressed": stopped.get(person.email, ""),
        "follows": [
            {"story": follow.story.slug, "begun_at": follow.begun_at, "ended_at": follow.ended_at}
            for follow in sorted(person.follows.all(), key=_by_pk)
        ],
        "consents": [
            {
                "what": consent.what,
                "story": consent.story.slug if consent.story else None,
                "wording": consent.wording,
                "page": consent.page,
                "given_at": consent.given_at,
                "confirmed_at": consent.confirmed_at,
            }
            for consent in sorted(person.consents.all(), key=_by_pk)
        ],
    }


def _by_pk(row) -> int:
    return row.pk


def _csv(rows) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
