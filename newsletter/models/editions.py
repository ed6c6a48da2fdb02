"""Editions: which letter, in which rhythm, to whom."""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication
from newsletter import digest, schedule

from .people import Subscriber
from .stories import Follow

if TYPE_CHECKING:
    from .issues import Issue

SHOWN_BEFORE = timedelta(days=1)
log = logging.getLogger("afterword.issues")


class EditionQuerySet(models.QuerySet["Edition"]):
    def weekly(self) -> Edition:
        """The one that every publication has: on from its first day."""
        return self.get_or_create(
            kind=Edition.Kind.WEEKLY, defaults={"switched_on_at": timezone.now()}
        )[0]

    def begin_all(self) -> None:
        """Every publication has each kind, on from its first day: readers choose."""
        for kind in Edition.Kind:
            self.get_or_create(kind=kind, defaults={"switched_on_at": timezone.now()})

    def on(self) -> EditionQuerySet:
        return self.filter(switched_on_at__isnull=False)


class Edition(models.Model):
    """A rhythm of letters. Off while `switched_on_at` is empty."""

    class Kind(models.TextChoices):
        EACH = "each", _("each post")
        WEEKLY = "weekly", _("weekly")
        MONTHLY = "monthly", _("monthly")
        STORY = "story", _("news on a story")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, unique=True)
    since = models.DateTimeField(
        _("posts since"),
        default=timezone.now,
        help_text=_("Posts published before never go into an issue."),
    )
    switched_on_at = models.DateTimeField(_("on since"), null=True, blank=True)
    goes_by_itself = models.BooleanField(
        _("goes by itself"), default=True, help_text=_("Otherwise it waits until you start it.")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        default=6,
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
        help_text=_("For the weekly letter."),
    )
    day = models.PositiveSmallIntegerField(
        _("day of the month"),
        default=1,
        choices=[(day, str(day)) for day in range(1, 32)],
        help_text=_("For the monthly letter. A month that is too short has it on its last day."),
    )
    at = models.TimeField(_("time of day"), default=time(9, 0))
    # By which clock it last kept time: another one moves its slots, also those that are past.
    zone = models.CharField(max_length=64, blank=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.CheckConstraint(name="edition_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(name="edition_day", condition=Q(day__gte=1, day__lte=31)),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None

    @property
    def has_slots(self) -> bool:
        """Goes by the clock. The others go by the posts."""
        return self.kind in {self.Kind.WEEKLY, self.Kind.MONTHLY}

    @property
    def is_of_stories(self) -> bool:
        """One post a letter, to those who follow what it has news on."""
        return self.kind == self.Kind.STORY

    @property
    def rhythm(self) -> schedule.Rhythm:
        day = self.day if self.kind == self.Kind.MONTHLY else None
        return schedule.Rhythm(self.weekday, self.at, Publication.current().zone, day)

    def next_slot(self) -> datetime | None:
        """When its next letter goes by itself, if it does."""
        if not self.is_on or not self.goes_by_itself or not self.has_slots:
            return None
        return schedule.next_slot(self.rhythm, timezone.now())

    def goes_at(self) -> datetime | None:
        """When a letter really goes by itself: at no slot whose letter was skipped."""
        slot = self.next_slot()
        while slot and self.issues.filter(period=slot).over().exists():
            slot = schedule.next_slot(self.rhythm, slot)
        return slot

    def coming_slot(self) -> datetime | None:
        """Its next time of the clock, also while it waits for somebody to say so."""
        if not self.has_slots:
            return None
        return schedule.next_slot(self.rhythm, timezone.now())

    def new_posts(self) -> QuerySet[Post]:
        return digest.new_posts(self)

    def would_bring(self) -> list[Post]:
        """What a letter would hold if it went now: the draft's posts, and what is new since."""
        issue = self.issues.open().first()
        return [*(issue.posts() if issue else []), *self.new_posts()]

    def audience(self) -> QuerySet[Subscriber]:
        if self.is_of_stories:
            people = Subscriber.objects.filter(status=Subscriber.Status.ACTIVE)
            return people.filter(pk__in=Follow.objects.going_on().values("subscriber"))
        return Subscriber.objects.active().filter(frequency=self.kind)

    def keep_time(self) -> Issue | None:
        """What the minute asks for: a draft a day before, and the letter when its time has come."""
        if not self.has_slots:
            return self._keep_up() if self.is_on else None
        self._note_clock(Publication.current().time_zone)
        if not self.is_on:
            return None
        return (
            self._keep_slot(schedule.last_slot(self.rhythm, timezone.now())) or self._show_draft()
        )

    def draft(self) -> Issue | None:
        """The letter that is being put together, with everything new in it. None: nothing new."""
        issue = self.issues.open().first()
        if issue:
            issue.gather()
            return issue
        slot = self.next_slot()
        if slot is None or self.issues.filter(period=slot).exists():  # skipped: that slot is over
            slot = self.free_minute()
        return self.compose(slot, or_empty=False)

    def send_now(self) -> Issue | None:
        """Make and start an issue at once. None: there is nothing new. Run twice, it sends once."""
        issue = self.draft()
        if issue and not issue.start():
            issue.refresh_from_db()
        if issue and issue.started_at:
            return issue
        return self.issues.waiting().first()

    def free_minute(self) -> datetime:
        """This minute, or the first one after it that has no issue yet."""
        minute = timezone.now().replace(second=0, microsecond=0)
        while self.issues.filter(period=minute).exists():
            minute += timedelta(minutes=1)
        return minute

    def pass_over(self, until: datetime) -> None:
        """What was published by then never comes: nothing piles up for the first reader."""
        Edition.objects.filter(pk=self.pk, since__lt=until).update(since=until)

    def compose(self, period: datetime, *, or_empty: bool = True) -> Issue | None:
        """A draft of this period's issue, with everything new in it.

        Nothing new makes an empty issue, which marks its slot as seen to, or none at all. None too
        when somebody else made it meanwhile: the unique constraints let one through.
        """
        try:
            with transaction.atomic():
                if self.new_posts().exists():
                    issue = self.issues.create(edition=self, period=period)
                    issue.gather()
                    return issue
                if or_empty:
                    return self.issues.without_posts(self, period)
        except IntegrityError:
            log.info("%s issue of %s: somebody else made it", self.kind, period)
        return None

    def _keep_slot(self, slot: datetime) -> Issue | None:
        """Make and start the issue of the slot that has come, unless that was done already."""
        if self._is_seen_to(slot):
            return None
        waiting = self.issues.open().first()
        if not self.goes_by_itself or (waiting and waiting.waits_for_a_word):
            return None
        if self._nobody_asked():
            self.pass_over(slot)
            return None
        issue = waiting or self.compose(slot)
        return issue if issue and issue.start_at_slot(slot) else None

    def _is_seen_to(self, slot: datetime) -> bool:
        """Never an overdue slot: the first is the first after the switch, or after nobody asked."""
        if not self.switched_on_at or slot <= max(self.switched_on_at, self.since):
            return True
        return self.issues.filter(period=slot).over().exists()

    def _show_draft(self) -> Issue | None:
        """A day before, the draft is there to be looked at."""
        slot = schedule.next_slot(self.rhythm, timezone.now())
        if slot - timezone.now() > SHOWN_BEFORE or self._nobody_asked():
            return None
        if self.issues.open().exists() or self.issues.filter(period=slot).exists():
            return None
        return self.compose(slot, or_empty=False)

    def _keep_up(self) -> Issue | None:
        """Each post has its letter: ten minutes after it is public, or when somebody says so."""
        if self.is_of_stories:
            self._pass_over_unfollowed()
        elif self._nobody_asked():
            self.pass_over(timezone.now())
            return None
        if not self.new_posts().exists():
            return None
        issue = self.issues.open().first()
        if issue:
            issue.gather()
            return issue
        issue = self.compose(self.free_minute(), or_empty=False)
        if issue and self.goes_by_itself:
            issue.approve()
        return issue

    def _pass_over_unfollowed(self) -> None:
        """News on what nobody follows now is no news to who begins to follow it later."""
        for post in self.new_posts():
            if not Follow.objects.of(digest.stories([post])).exists():
                self.issues.pass_over(self, post)

    def _nobody_asked(self) -> bool:
        """The weekly letter goes to nobody too, into the archive; the others need a reader."""
        return self.kind != self.Kind.WEEKLY and not self.audience().exists()

    def _note_clock(self, zone: str) -> None:
        """Another time zone is another rhythm: it begins anew, as after a change in the admin.

        So is another day of the month, and the change from the first Sunday of version 0.1.
        """
        clock = f"{zone} {self.day}" if self.kind == self.Kind.MONTHLY else zone
        if clock == self.zone:
            return
        begun = {"switched_on_at": timezone.now()} if self.zone else {}
        Edition.objects.filter(pk=self.pk, zone=self.zone).update(zone=clock, **begun)
        self.refresh_from_db()
