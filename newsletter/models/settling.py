"""Writing down a part of a list from elsewhere. By plain SQL: the ORM would take minutes more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils import timezone

from blog.models import Post, Tag
from newsletter import addresses
from newsletter.lists.kinds import Standing

from .arrivals import Arrival, Outcome, Part
from .confirming import IMPORT, Confirmation
from .consents import Consent
from .people import Subscriber
from .stories import Follow
from .suppression import Suppression
from .wishes import Frequency, Status

if TYPE_CHECKING:
    from .imports import Import

OWN_FACTS = [
    *("all_topics", "quiet", "link_version", "bounce_score", "bounce_scored_at"),
    *("public_id", "source"),
]
SOURCE = Subscriber._meta.get_field("source").max_length
WORDING = Consent._meta.get_field("wording").max_length
STATES = {
    Outcome.JOINED: Status.ACTIVE,
    Outcome.ASKED: Status.PENDING,
    Outcome.WAITING: Status.PENDING,
    Outcome.LEFT: Status.UNSUBSCRIBED,
}


def settle(part: Part, its: Import) -> None:
    """Write down who may come in, with what they agreed to, and who must stay out."""
    now = timezone.now()
    states = [(state, it) for outcome, state in STATES.items() for it in part.of(outcome)]
    states.sort(key=lambda written: written[1].line)  # who came first there comes first here
    before = Subscriber.objects.aggregate(last=models.Max("pk"))["last"] or 0
    insert(Subscriber, [_person(state, it, its, now) for state, it in states])
    pks = _pks_after(before, {it.public_id for _state, it in states})
    _keep_consents([it for it in part.of(Outcome.JOINED) if it.canonical in pks], pks, its)
    _keep_records([it for _state, it in states if it.canonical in pks], pks, part)
    Suppression.objects.add_many([it.entry.email for it in part.of(Outcome.LEFT)], "left")
    asked = [pks[it.canonical] for it in part.of(Outcome.ASKED) if it.canonical in pks]
    Confirmation.objects.ask_in_turn(asked, page=IMPORT, every=its.asks_every)
    _end_those_who_left(part, its)


def insert(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """A row for each of these, defaults where nothing is said; what is there already stays."""
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    defaults = {field.attname: field.get_default() for field in fields}
    moments = [field.attname for field in fields if isinstance(field, models.DateTimeField)]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    sql = (
        f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT DO NOTHING"
    )
    values = []
    for row in rows:
        whole = defaults | row
        for name in moments:
            whole[name] = _adapted(whole[name])
        values.append(tuple(whole.values()))
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


@contextmanager
def much_at_once() -> Iterator[None]:
    """SQLite keeps more at hand, and takes longer steps from its log into the database."""
    if connection.vendor != "sqlite":
        yield
        return
    try:
        _tune(kilobytes=6_000, checkpoint=16_000)
        yield
    finally:
        _tune(kilobytes=2_000, checkpoint=1_000)  # as SQLite does by itself


def _tune(*, kilobytes: int, checkpoint: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA cache_size = -{kilobytes}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")


@lru_cache(maxsize=8)
def _adapted(moment: datetime | None) -> Any:
    """As the database at hand writes it. Remembered: most moments of a row are the same."""
    return connection.ops.adapt_datetimefield_value(moment)


def _person(state: Status, it: Arrival, its: Import, now: datetime) -> dict[str, Any]:
    entry = it.entry
    began = entry.given_at or entry.confirmed_at or entry.left_at or now
    row = {
        "public_id": it.public_id,
        "email": entry.email,
        "canonical": it.canonical,
        "mailbox": addresses.mailbox(it.canonical),
        "status": state,
        "source": its.mark,
        "signed_up_at": began,
        "asked_at": began,
    }
    if state is Status.ACTIVE:
        row["confirmed_at"] = entry.confirmed_at or began
    elif state is Status.UNSUBSCRIBED:
        row |= {"confirmed_at": entry.confirmed_at, "unsubscribed_at": entry.left_at or now}
    else:  # they are asked now, whenever somebody put them on that list
        row |= {"signed_up_at": now, "asked_at": now}
    return row | _own_facts(entry.record, now) if entry.record else row


def _own_facts(record: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What our own export knows besides, as far as it can be true."""
    facts = {name: record[name] for name in OWN_FACTS}
    facts["source"] = record["source"][:SOURCE]
    facts["signed_up_at"] = record["signed_up_at"] or now
    facts["asked_at"] = record["asked_at"] or facts["signed_up_at"]
    facts["confirmed_at"] = record["confirmed_at"]
    if record["frequency"] in Frequency.values:
        facts["frequency"] = record["frequency"]
    if record["status"] == Status.PAUSED:
        facts["status"] = Status.PAUSED
        facts["paused_until"] = record["paused_until"] or timezone.localdate()
    return facts


def _pks_after(last: int, public_ids: set[str]) -> dict[str, int]:
    """Whose row was written just now: not of those who signed up here in the same moment."""
    rows = Subscriber.objects.filter(pk__gt=last).order_by()
    found = rows.values_list("canonical", "pk", "public_id")
    return {canonical: pk for canonical, pk, public_id in found if public_id in public_ids}


def _keep_consents(joined: list[Arrival], pks: dict[str, int], its: Import) -> None:
    """Their yes: when, and where, in the words of who brought the list. Our own has its own."""
    rows = []
    for it in joined:
        entry = it.entry
        if entry.record is None:
            given_at = entry.given_at or entry.confirmed_at or its.made_at
            facts = {"given_at": given_at, "confirmed_at": entry.confirmed_at or entry.given_at}
            whose = {"subscriber_id": pks[it.canonical], "wording": its.source, "page": IMPORT}
            rows.append(whose | facts)
    insert(Consent, rows)


def _keep_records(written: list[Arrival], pks: dict[str, int], part: Part) -> None:
    """Topics, stories and consents of our own export."""
    own = [(pks[it.canonical], it, it.entry.record) for it in written if it.entry.record]
    tags = _by_slug(Tag, (slug for _pk, _it, record in own for slug in record["topics"]))
    posts = _by_slug(Post, (s for _pk, _it, record in own for s in _stories(record)))
    topics, follows, consents = [], [], []
    for pk, it, record in own:
        if not set(record["topics"]) <= tags.keys() or not _stories(record) <= posts.keys():
            part.note(Outcome.MISSING, it.line)
        topics += [{"subscriber_id": pk, "tag_id": tags[s]} for s in record["topics"] if s in tags]
        follows += [_follow(pk, follow, posts) for follow in record["follows"]]
        consents += [_consent(pk, consent, posts) for consent in record["consents"]]
        if record["suppressed"] in Suppression.Reason.values:
            Suppression.objects.add_address(it.entry.email, record["suppressed"])
    insert(Subscriber.topics.through, topics)
    insert(Follow, [follow for follow in follows if follow["story_id"]])
    insert(Consent, consents)


def _stories(record: dict[str, Any]) -> set[str]:
    named = [part.get("story") for part in record["follows"] + record["consents"]]
    return {story for story in named if story and isinstance(story, str)}


def _by_slug(model: type[Tag] | type[Post], slugs: Iterable[str]) -> dict[str, int]:
    rows = model._default_manager.filter(slug__in=set(slugs)).order_by()
    return dict(rows.values_list("slug", "pk"))


def _follow(pk: int, said: dict[str, Any], posts: dict[str, int]) -> dict[str, Any]:
    return {
        "subscriber_id": pk,
        "story_id": posts.get(str(said.get("story"))),
        "begun_at": said.get("begun_at") or timezone.now(),
        "ended_at": said.get("ended_at"),
    }


def _consent(pk: int, said: dict[str, Any], posts: dict[str, int]) -> dict[str, Any]:
    what = said.get("what")
    return {
        "subscriber_id": pk,
        "what": what if what in Consent.What.values else Consent.What.LETTERS,
        "story_id": posts.get(str(said.get("story"))),
        "wording": str(said.get("wording") or "")[:WORDING],
        "page": str(said.get("page") or "")[:SOURCE],
        "given_at": said.get("given_at") or timezone.now(),
        "confirmed_at": said.get("confirmed_at"),
    }


def _end_those_who_left(part: Part, its: Import) -> None:
    """A service that writes a line for each of its lists: who left one of them has left."""
    for it in part.of(Outcome.TWICE):
        if it.entry.standing is Standing.LEFT:
            for person in Subscriber.objects.filter(canonical=it.canonical, source=its.mark):
                person.unsubscribe()
                Suppression.objects.add_address(person.email, Suppression.Reason.LEFT)
