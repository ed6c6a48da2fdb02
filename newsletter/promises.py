"""What a reader is told that they get: when letters come, in words, from the editions' own rows."""

from __future__ import annotations

from datetime import date, time
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.models.editions import Edition
from newsletter.models.people import Frequency, Subscriber

NOON, EVENING = time(12), time(18)


class Choice(NamedTuple):
    """One rhythm to choose, with what it means."""

    value: str
    label: str
    hint: str


def choices(subscriber: Subscriber) -> list[Choice]:
    """The rhythms that letters come in; none of them for who follows stories."""
    editions = _editions()
    hints = {
        Frequency.EACH: (_("Each post"), _("On the day it appears.")),
        Frequency.WEEKLY: (_("Once a week"), _weekly_hint(editions["weekly"])),
        Frequency.MONTHLY: (_("Once a month"), _monthly_hint(editions["monthly"])),
    }
    offered = [
        Choice(kind, *words)
        for kind, words in hints.items()
        if editions[kind].is_on or not editions[kind].pk or kind == subscriber.frequency
    ]
    if subscriber.is_in and subscriber.follows.going_on().exists():
        hint = _("Only news on the stories that you follow.")
        offered.append(Choice(Frequency.NONE, _("No letters"), hint))
    elif subscriber.gets_notices:
        offered.append(Choice(Frequency.NONE, _("No letters"), _("Only mails about replies.")))
    return offered


def sentences(subscriber: Subscriber) -> list[str]:
    """What is true now: "You get one letter a week, on Sunday morning."."""
    if not subscriber.is_in:
        return [_("You get no letters from us.")]
    stories = subscriber.follows.going_on().count()
    rhythm = _after_the_pause(subscriber) if subscriber.paused_until else [_rhythm(subscriber)]
    return [
        *rhythm,
        *_details(subscriber),
        *_notices(subscriber),
        *_stories(subscriber, stories),
    ]


def sentence(subscriber: Subscriber) -> str:
    """The one that matters most, where there is room for one. No topic is named in it."""
    said = sentences(subscriber)
    return said[0] if subscriber.gets_letters else said[-1]


def day(date: date) -> str:
    """As people say it: 23 December 2026."""
    return date_format(date, "j F Y")


def _editions() -> dict[str, Edition]:
    known = {edition.kind: edition for edition in Edition.objects.all()}
    return {kind: known.get(kind) or Edition(kind=kind) for kind in Frequency.values}


def _after_the_pause(subscriber: Subscriber) -> list[str]:
    words = _("You are pausing until %(day)s. Nothing comes before then.")
    after = {
        Frequency.EACH: _("After that, you get a letter with each new post."),
        Frequency.WEEKLY: _("After that, you get one letter a week."),
        Frequency.MONTHLY: _("After that, you get one letter a month."),
    }
    until = words % {"day": day(subscriber.paused_until)}  # type: ignore[arg-type]
    return [until, *([after[Frequency(subscriber.frequency)]] if subscriber.gets_letters else [])]


def _rhythm(subscriber: Subscriber) -> str:
    if subscriber.frequency == Frequency.NONE:
        return _("You get no letters.")
    if subscriber.frequency == Frequency.EACH:
        return _("You get a letter with each new post, on the day it appears.")
    edition = _editions()[subscriber.frequency]
    if subscriber.frequency == Frequency.MONTHLY:
        if edition.day == 1:
            return _("You get one letter a month, on its first day.")
        return _("You get one letter a month, on day %(day)s.") % {"day": edition.day}
    return _at_its_time(
        edition,
        _("You get one letter a week, on %(weekday)s morning."),
        _("You get one letter a week, on %(weekday)s afternoon."),
        _("You get one letter a week, on %(weekday)s evening."),
    )


def _details(subscriber: Subscriber) -> list[str]:
    if subscriber.frequency == Frequency.NONE:
        return []
    said = []
    topics = [] if subscriber.all_topics else [tag.name for tag in subscriber.topics.all()]
    if topics:
        words = get_text_list(topics, _("and"))
        said.append(_("Only about: %(topics)s.") % {"topics": words})
    if subscriber.quiet:
        said.append(_("Their subject lines are discreet."))
    return said


def _notices(subscriber: Subscriber) -> list[str]:
    return [_("We write to you about replies.")] if subscriber.gets_notices else []


def _stories(subscriber: Subscriber, count: int) -> list[str]:
    if not count:
        return []
    words = ngettext(
        "We tell you when there is news on one story.",
        "We tell you when there is news on %(count)d stories.",
        count,
    )
    return [words % {"count": count}]


def _weekly_hint(edition: Edition) -> str:
    return _at_its_time(
        edition,
        _("%(weekday)s morning, and only when there is something new."),
        _("%(weekday)s afternoon, and only when there is something new."),
        _("%(weekday)s evening, and only when there is something new."),
    )


def _monthly_hint(edition: Edition) -> str:
    if edition.day == 1:
        return _("On its first day, and only when there is something new.")
    words = _("On day %(day)s, and only when there is something new.")
    return words % {"day": edition.day}


def _at_its_time(edition: Edition, morning: str, afternoon: str, evening: str) -> str:
    words = morning if edition.at < NOON else afternoon if edition.at < EVENING else evening
    return words % {"weekday": edition.get_weekday_display()}
