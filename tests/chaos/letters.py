"""People, posts and issues for chaos and benches, and what the ledgers on both sides say of them.

Needs Django, and so the environment that `ground.services` sets.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from blog.models import Author, Post, Publication
from newsletter import outbox
from newsletter.models import Edition, Issue, Subscriber
from newsletter.outbox import Status
from tests.sinks.trouble import Line

BODY = "Heat slows a bare nerve.\n\n## What helps\n\n- shade\n- a wet cloth\n\n" * 12


def publication() -> Publication:
    facts = {"name": "Slow Signal", "time_zone": "UTC", "postal_address": "1 Quiet Street, London"}
    return Publication.objects.update_or_create(pk=1, defaults=facts)[0]


def weekly() -> Edition:
    """Goes when told, and at no time by itself."""
    edition = Edition.objects.weekly()
    a_day_ago = timezone.now() - timedelta(days=1)
    Edition.objects.filter(pk=edition.pk).update(since=a_day_ago, goes_by_itself=False, zone="UTC")
    edition.refresh_from_db()
    return edition


def seed(count: int) -> None:
    """So many people in all, who said yes to a weekly letter: also a million in a few seconds."""
    have = Subscriber.objects.count()
    if not have:
        Subscriber.objects.create(email="reader0@example.com").confirm()
    copies = range(max(have, 1), count)
    if not copies:
        return
    # The first one's columns for everybody, but for those that are each one's own.
    address = "'reader' || number || '@example.com'"
    own = {
        "email": address,
        "canonical": address,
        "mailbox": address,
        # The alphabet of public ids has no 0 and no 1.
        "public_id": "replace(replace('reader' || (5000000000 + number), '0', 'x'), '1', 'y')",
    }
    columns = [field.column for field in Subscriber._meta.concrete_fields if not field.primary_key]
    values = ", ".join(own.get(column, f"first.{column}") for column in columns)
    table = Subscriber._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 (our own words)
            "WITH RECURSIVE numbers(number) AS (SELECT CAST(%s AS bigint) "
            "UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < %s) "
            f"SELECT {values} FROM numbers, {table} AS first "
            "WHERE first.email = 'reader0@example.com'",
            [copies.start, copies.stop],
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {table}")


def write_post() -> Post:
    """Something new to tell."""
    author, _made = Author.objects.get_or_create(slug="sara", defaults={"name": "Sara"})
    number = Post.objects.count() + 1
    return Post.objects.create(
        title=f"Hot days {number}",
        slug=f"hot-days-{number}",
        author=author,
        in_short="Heat slows a bare nerve.\nIt passes.",
        body=BODY,
        published_at=timezone.now() - timedelta(seconds=1),
    )


def start() -> Issue:
    """A weekly issue with one new post, on its way."""
    write_post()
    issue = weekly().send_now()
    assert issue is not None
    return issue


def issues_of_a_slot() -> QuerySet[Issue]:
    """Let the clock start the next issue, in a few seconds; those that it makes of it."""
    write_post()
    last = newest()
    slot = timezone.now() + timedelta(seconds=4)
    Edition.objects.filter(pk=weekly().pk).update(
        goes_by_itself=True, weekday=slot.weekday(), at=slot.time(), switched_on_at=timezone.now()
    )
    return Issue.objects.filter(pk__gt=last.pk if last else 0)


def newest() -> Issue | None:
    return Issue.objects.order_by("-pk").first()


def has_started(issue: Issue) -> bool:
    issue.refresh_from_db()
    return issue.started_at is not None


def has_ended(issue: Issue) -> bool:
    issue.refresh_from_db()
    if issue.status != Issue.Status.SENT:
        return False
    return not issue.deliveries.filter(status__in=outbox.OPEN).exists()


def wait_for(true: Callable[[], object], seconds: float) -> bool:
    """Whether it became true within so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@dataclass
class Outcome:
    """What became of everybody, by the rows and by the mail server's own ledger."""

    people: int
    sent: int
    held: int
    accepted: int  # of those held, how many the server had taken all the same
    duplicates: int
    lost: int
    faults: list[str] = field(default_factory=list)


def outcome(issue: Issue, lines: Iterable[Line]) -> Outcome:
    """Compare; `lines` are those that the server took since the issue began."""
    everybody = set(weekly().audience().values_list("email", flat=True))
    rows = list(issue.deliveries.values_list("subscriber__email", "status"))
    states = dict(rows)
    got = Counter(line.recipient for line in lines)
    held = {who for who, state in rows if state == Status.UNCERTAIN}
    sent = {who for who, state in rows if state == Status.SENT}
    # Nobody without a row, without an end, with a letter that did not come or that nobody knows of.
    strayed = [
        everybody ^ set(states),
        {who for who, state in rows if state in outbox.OPEN},
        sent - set(got),
        set(got) - sent - held,
    ]
    faults = [f"{len(people)} {what}" for people, what in zip(strayed, LOST, strict=True) if people]
    if len(states) != len(rows):
        faults.append("somebody has two rows")
    if not issue.equation.holds:
        faults.append(f"the equation does not balance: {issue.equation.in_words}")
    return Outcome(
        people=len(everybody),
        sent=len(sent),
        held=len(held),
        accepted=len(held & set(got)),
        duplicates=sum(got.values()) - len(got),
        lost=len(set().union(*strayed)),
        faults=faults,
    )


LOST = [
    "with no row or a row too many",
    "still waiting",
    "sent by the rows, but not by the mail server",
    "who got it, but not by the rows",
]
