"""Editions (which letter, when) and their issues (one edition of the digest)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, time

from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication
from newsletter import digest, emails, mail, outbox, schedule, tokens

from .people import Subscriber

log = logging.getLogger("afterword.issues")


class EditionQuerySet(models.QuerySet["Edition"]):
    def weekly(self) -> Edition:
        """The one that every publication has: on from its first day."""
        return self.get_or_create(
            kind=Edition.Kind.WEEKLY, defaults={"switched_on_at": timezone.now()}
        )[0]

    def keeping_time(self) -> EditionQuerySet:
        """Those whose letters go by the clock, without anybody's word."""
        by_clock = [Edition.Kind.WEEKLY, Edition.Kind.MONTHLY]
        return self.filter(switched_on_at__isnull=False, goes_by_itself=True, kind__in=by_clock)


class Edition(models.Model):
    """A rhythm of letters. Off while `switched_on_at` is empty."""

    class Kind(models.TextChoices):
        EACH = "each", _("each post")
        WEEKLY = "weekly", _("weekly")
        MONTHLY = "monthly", _("monthly")

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
    )
    at = models.TimeField(_("time of day"), default=time(9, 0))

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.CheckConstraint(name="edition_weekday", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None

    @property
    def rhythm(self) -> schedule.Rhythm:
        zone = Publication.current().zone
        return schedule.Rhythm(self.weekday, self.at, zone, monthly=self.kind == self.Kind.MONTHLY)

    def next_slot(self) -> datetime | None:
        """When its next letter goes by itself, if it does."""
        if not self.is_on or not self.goes_by_itself or self.kind == self.Kind.EACH:
            return None
        return schedule.next_slot(self.rhythm, timezone.now())

    def new_posts(self) -> QuerySet[Post]:
        return digest.new_posts(self)

    def audience(self) -> QuerySet[Subscriber]:
        return Subscriber.objects.active().filter(frequency=self.kind)

    def keep_time(self) -> Issue | None:
        """Make and start the issue of the slot that has come, unless that was done already."""
        slot = schedule.last_slot(self.rhythm, timezone.now())
        # Never an overdue slot: the first one is the first after the switch.
        if slot <= self.switched_on_at or self.issues.filter(period=slot).exists():
            return None
        issue = self.compose(slot)
        return issue if issue and issue.start() else None

    def send_now(self) -> Issue | None:
        """Make and start an issue at once. None: there is nothing new. Run twice, it sends once."""
        minute = timezone.now().replace(second=0, microsecond=0)
        issue = self.compose(minute, or_empty=False) or self.issues.waiting().first()
        if issue:
            issue.start()
        return issue

    def compose(self, period: datetime, *, or_empty: bool = True) -> Issue | None:
        """The issue of this period, with everything new in it and its words frozen.

        Nothing new makes an empty issue, which marks its slot as seen to, or none at all. None too
        when somebody else made it meanwhile: the unique constraints let one through.
        """
        publication = Publication.current()
        try:
            with transaction.atomic(), mail.at_home(publication):
                posts = list(
                    self.new_posts().prefetch_related("questions").select_related("author")
                )
                if posts:
                    return self.issues.with_posts(self, publication, posts, period)
                if or_empty:
                    return self.issues.create(period=period, status=Issue.Status.EMPTY)
        except IntegrityError:
            log.info("%s issue of %s: somebody else made it", self.kind, period)
        return None


class IssueQuerySet(models.QuerySet["Issue"]):
    def sent(self) -> IssueQuerySet:
        return self.filter(status=Issue.Status.SENT).order_by("-period")

    def sending(self) -> IssueQuerySet:
        return self.filter(status=Issue.Status.SENDING)

    def waiting(self) -> IssueQuerySet:
        """Made, and still to be sent or being sent."""
        return self.filter(status__in=[Issue.Status.SCHEDULED, Issue.Status.SENDING])

    def overdue(self) -> IssueQuerySet:
        """Made to go at a time that has come, and not started: their maker died in between."""
        return self.filter(status=Issue.Status.SCHEDULED, period__lte=timezone.now())

    def complete_finished(self) -> int:
        """Those whose every delivery has come to an end are sent."""
        done = self.sending().exclude(deliveries__status__in=outbox.OPEN)
        return done.update(status=Issue.Status.SENT, finished_at=timezone.now())

    def with_posts(self, edition, publication, posts: list[Post], period: datetime) -> Issue:
        """Written as one: the issue, what is in it, and its words."""
        issue = Issue(edition=edition, period=period, status=Issue.Status.SCHEDULED)
        monthly = edition.kind == Edition.Kind.MONTHLY
        issue.words = digest.words(publication, posts, period, monthly=monthly)
        issue.subject, issue.text, issue.html = emails.frozen(issue, publication)
        issue.save(force_insert=True)
        IssuePost.objects.bulk_create(
            IssuePost(issue=issue, edition=edition, post=post, position=position)
            for position, post in enumerate(posts, 1)
        )
        return issue


class Issue(models.Model):
    """One letter of an edition. Its words are frozen once, when it starts."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        SENDING = "sending", _("being sent")
        PAUSED = "paused", _("paused")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("cancelled")
        EMPTY = "empty", _("nothing new, nothing sent")

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="issues", verbose_name=_("edition")
    )
    period = models.DateTimeField(
        _("for"), help_text=_("The slot's start, or the minute of a manual issue.")
    )
    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    # What it says, as data; text and html are made of it once, with a mark where each person's
    # own link goes.
    words = models.JSONField(default=dict, editable=False)
    text = models.TextField(_("text part"), blank=True, editable=False)
    html = models.TextField(_("HTML part"), blank=True, editable=False)
    candidates = models.PositiveIntegerField(default=0, editable=False)
    exclusions = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-period"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "period"], name="issue_once_per_period"),
            models.CheckConstraint(
                name="issue_started_has_time",
                condition=~Q(status__in=["sending", "paused", "sent"])
                | Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="issue_sent_has_time",
                condition=Q(status="sent", finished_at__isnull=False)
                | (~Q(status="sent") & Q(finished_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.edition}, {self.period:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("newsletter:issue", args=[self.public_id])

    @transaction.atomic
    def start(self) -> bool:
        """Fix who gets it, and let it go. False: somebody else started it, or it is over."""
        waiting = [self.Status.DRAFT, self.Status.SCHEDULED]
        if not self._become(self.Status.SENDING, of=waiting, started_at=timezone.now()):
            return False
        made = self.deliveries.freeze(issue=self, audience=self.edition.audience())
        paused = Subscriber.objects.paused().filter(frequency=self.edition.kind).count()
        self.exclusions = {"paused": paused} if paused else {}
        self.candidates = made + sum(self.exclusions.values())
        self.save(update_fields=["exclusions", "candidates"])
        self.deliveries.ring()
        return True

    def pause(self) -> bool:
        """No further claims; what a worker holds already still goes."""
        return self._become(self.Status.PAUSED, of=[self.Status.SENDING])

    def resume(self) -> bool:
        if not self._become(self.Status.SENDING, of=[self.Status.PAUSED]):
            return False
        self.deliveries.ring()
        return True

    @transaction.atomic
    def cancel(self) -> bool:
        """Nobody else gets it. Not started yet, its posts wait for the next issue."""
        stoppable = [
            self.Status.DRAFT,
            self.Status.SCHEDULED,
            self.Status.SENDING,
            self.Status.PAUSED,
        ]
        if not self._become(self.Status.CANCELLED, of=stoppable):
            return False
        self.deliveries.skip_queued("cancelled")
        if not self.started_at:
            self.items.all().delete()
        return True

    def complete_if_done(self) -> bool:
        done = Issue.objects.filter(pk=self.pk).complete_finished()
        self.refresh_from_db()
        return bool(done)

    @property
    def equation(self) -> Equation:
        """What became of everybody who might have got it."""
        counts = self.deliveries.counts()
        return Equation(
            candidates=self.candidates,
            excluded=sum(self.exclusions.values()),
            deliveries=sum(counts.values()),
            sent=counts.get("sent", 0),
            failed=counts.get("failed", 0),
            skipped=counts.get("skipped", 0),
            uncertain=counts.get("uncertain", 0),
        )

    def _become(self, status: Issue.Status, *, of: list, **facts) -> bool:
        changed = Issue.objects.filter(pk=self.pk, status__in=of).update(status=status, **facts)
        self.refresh_from_db()
        return bool(changed)


@dataclass(frozen=True)
class Equation:
    """sent + failed + skipped + uncertain = deliveries = candidates - exclusions, when complete."""

    candidates: int
    excluded: int
    deliveries: int
    sent: int
    failed: int
    skipped: int
    uncertain: int

    @property
    def settled(self) -> int:
        return self.sent + self.failed + self.skipped + self.uncertain

    @property
    def waiting(self) -> int:
        return self.deliveries - self.settled

    @property
    def holds(self) -> bool:
        return self.settled == self.deliveries == self.candidates - self.excluded

    @property
    def in_words(self) -> str:
        return _(
            "%(sent)d sent, %(failed)d failed, %(skipped)d left out, %(uncertain)d not certain, "
            "%(waiting)d waiting: %(deliveries)d in all, of %(candidates)d people less "
            "%(excluded)d who paused."
        ) % {
            "sent": self.sent,
            "failed": self.failed,
            "skipped": self.skipped,
            "uncertain": self.uncertain,
            "waiting": self.waiting,
            "deliveries": self.deliveries,
            "candidates": self.candidates,
            "excluded": self.excluded,
        }


class IssuePost(models.Model):
    """A post in an issue. The edition stands here too, so that the database can say: once."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="items")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="issue_items")
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("post in an issue")
        verbose_name_plural = _("posts in issues")
        ordering = ["issue", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "post"], name="post_once_per_edition"),
        ]

    def __str__(self) -> str:
        return str(self.post)
