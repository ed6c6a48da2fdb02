"""Issues: one letter of an edition each, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import digest, emails, outbox, tokens

from .editions import Edition
from .people import Subscriber


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

    def without_posts(self, edition: Edition, period: datetime) -> Issue:
        """A period that had nothing new to tell."""
        return self.create(edition=edition, period=period, status=Issue.Status.EMPTY)

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
        """Nobody else gets it. Not started yet, what is in it waits for the next issue."""
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
            self.chosen_quotes.all().delete()
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
