"""Issues: one letter of an edition each, from the first draft to the last mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import tokens

from .drafts import Draft
from .editions import Edition
from .people import Subscriber, SubscriberQuerySet
from .progress import Equation, Progress, harm_of
from .states import OPEN, IssueQuerySet, IssueStatus, Stopped
from .stories import Follow

CHANGE_OF_MIND = timedelta(minutes=10)
# The first part is small, so that the first mail leaves at once whatever the size of the list.
FIRST_PART, PART = 1_000, 100_000
# Of a longer list the next tick writes down who is left out: nobody waits for that at a button.
SKIPPED_AT_ONCE = 20_000


class Issue(Draft):
    """One letter of an edition. Its words are frozen once, when it starts."""

    Status = IssueStatus
    Stopped = Stopped

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
    candidates = models.PositiveIntegerField(default=0, editable=False)
    exclusions = models.JSONField(default=dict, editable=False)  # reason -> how many people
    # How far its audience is written down: a subscriber's pk, and the last one that belongs to it.
    frozen_to = models.BigIntegerField(default=0, editable=False)
    freeze_until = models.BigIntegerField(default=0, editable=False)
    per_minute = models.PositiveIntegerField(
        _("at most so many a minute"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    stopped_because = models.CharField(
        _("stopped by itself"), max_length=12, choices=Stopped.choices, blank=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    starts_at = models.DateTimeField(_("starts"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-period"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "period"], name="issue_once_per_period"),
            models.UniqueConstraint(
                fields=["edition"],
                condition=Q(status__in=["draft", "scheduled"]),
                name="issue_one_open_per_edition",
            ),
            models.CheckConstraint(
                name="issue_scheduled_has_start",
                condition=~Q(status="scheduled") | Q(starts_at__isnull=False),
            ),
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

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_scheduled(self) -> bool:
        return self.status == self.Status.SCHEDULED

    @property
    def waits_for_a_word(self) -> bool:
        """No slot starts it: its own time was set, or somebody stopped it."""
        return self.is_scheduled or self.held

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    # Its states ----------------------------------------------------------------------------------

    def approve(self, at: datetime | None = None) -> bool:
        """Let it go at that time, or in ten minutes: time enough to change one's mind."""
        starts_at = max(at or timezone.now(), timezone.now() + CHANGE_OF_MIND)
        scheduled = {"starts_at": starts_at, "held": False}
        return self._become(self.Status.SCHEDULED, of=[self.Status.DRAFT], **scheduled)

    def take_back(self) -> bool:
        """Stop what was approved and has not started: it is a draft again, and nobody got it."""
        draft = {"starts_at": None, "held": True}
        return self._become(self.Status.DRAFT, of=[self.Status.SCHEDULED], **draft)

    @transaction.atomic
    def start_when_due(self) -> bool:
        """As approved. False too when somebody has just taken it back, or put it off."""
        due = Issue.objects.overdue().select_for_update(no_key=True).filter(pk=self.pk)
        return due.exists() and self.harms_nobody() and self.start()

    @transaction.atomic
    def start_at_slot(self, slot: datetime) -> bool:
        """As the clock says. False too when somebody has just approved it for another time."""
        drafts = Issue.objects.filter(status=self.Status.DRAFT, held=False)
        mine = drafts.select_for_update(no_key=True).filter(pk=self.pk)
        return mine.exists() and self.harms_nobody() and self.start(period=slot)

    @transaction.atomic
    def start(self, *, period: datetime | None = None) -> bool:
        """Freeze the words, begin to write down who gets them, and ring.

        False: somebody else started it, it is over, or there was nothing in it.
        """
        if not self._become(self.Status.SENDING, of=OPEN, started_at=timezone.now()):
            return False
        self.take_in_new()
        self.items.filter(left_out=True).let_go(self.edition)
        if period:
            self.period = period
        elif self.period > timezone.now():
            self.period = self.edition.free_minute()  # before its slot: that keeps its own letter
        if not (posts := self.posts()):
            self.items.filter(left_out=False).delete()
            self.chosen_quotes.all().delete()
            nothing = {"started_at": None, "period": self.period}
            self._become(self.Status.EMPTY, of=[self.Status.SENDING], **nothing)
            return False
        self.items.keep(posts)
        self.chosen_quotes.settle(self)
        self.freeze_words()
        self.deliveries.begin(self, size=FIRST_PART)
        self.deliveries.ring()
        if self.frozen_at is None:
            self.deliveries.ring_for_the_rest(self)
        return True

    def audience(self) -> SubscriberQuerySet:
        """Whom it goes to if it starts now."""
        return self._of_its_kind(Subscriber.objects.filter(status=Subscriber.Status.ACTIVE))

    def resting(self) -> SubscriberQuerySet:
        """Those who would be in the audience, had they not paused."""
        return self._of_its_kind(Subscriber.objects.paused())

    def readers(self) -> SubscriberQuerySet:
        """Who may still get it: another rhythm keeps nobody from a letter on its way."""
        return self.audience() if self.edition.is_of_stories else Subscriber.objects.active()

    def followers_among(self, people: Iterable[int | None]) -> set[int]:
        """Those of these (by pk) who still want to hear of what it has news on."""
        follows = Follow.objects.of(self.stories()).filter(subscriber__in=people)
        return set(follows.values_list("subscriber", flat=True))

    def _of_its_kind(self, people: SubscriberQuerySet) -> SubscriberQuerySet:
        if not self.edition.is_of_stories:
            return people.filter(frequency=self.edition.kind)
        return people.filter(pk__in=Follow.objects.of(self.stories()).values("subscriber"))

    def harms_nobody(self) -> bool:
        """Looked over as it would go now. False: it is held until somebody has mended it."""
        from newsletter import preflight  # which imports the models

        self.take_in_new()
        if not self.posts() or not preflight.of(self).stops:
            return True
        draft = {"starts_at": None, "held": True}
        self._become(self.Status.DRAFT, of=OPEN, **draft)
        return False

    def pause(self) -> bool:
        """No further claims; the one call that a worker is in still ends."""
        return self._become(self.Status.PAUSED, of=[self.Status.SENDING])

    def resume(self) -> bool:
        if not self._become(self.Status.SENDING, of=[self.Status.PAUSED]):
            return False
        self.deliveries.ring()
        return True

    @transaction.atomic
    def cancel(self, *, also_begun: bool = True) -> bool:
        """Nobody else gets it. Not started yet, its posts are let go."""
        begun = [self.Status.SENDING, self.Status.PAUSED] if also_begun else []
        stoppable = [*OPEN, *begun]
        if not self._become(self.Status.CANCELLED, of=stoppable, starts_at=None):
            return False
        if not self.started_at:
            self.items.all().let_go(self.edition)
            self.chosen_quotes.all().delete()
        else:
            # Whoever is not written down yet does not get it, and is no candidate.
            Issue.objects.filter(pk=self.pk, frozen_at=None).update(frozen_at=timezone.now())
        if self.candidates <= SKIPPED_AT_ONCE:
            self.deliveries.skip_queued("cancelled")
        self.refresh_from_db()
        return True

    def set_speed(self, per_minute: int | None) -> bool:
        """Change how fast it goes, also while it runs: the next claim keeps to it."""
        over = [self.Status.SENT, self.Status.CANCELLED, self.Status.EMPTY]
        changed = Issue.objects.filter(pk=self.pk).exclude(status__in=over)
        done = bool(changed.update(per_minute=per_minute))
        self.refresh_from_db()
        return done

    def stop_if_harmful(self) -> bool:
        """Pause when too many addresses do not exist, or too many call it spam. Once each."""
        if self.stopped_because or not (harm := harm_of(self)):
            return False
        return self._become(self.Status.PAUSED, of=[self.Status.SENDING], stopped_because=harm)

    def retry_failed(self) -> int:
        """Send again what failed, for every reason but that the address does not exist."""
        return self.deliveries.failed().filter(bounced_at=None).send_again()

    def resend_held(self) -> int:
        """Send again to everybody of whom nobody knows whether they got it."""
        return self.deliveries.uncertain().send_again()

    def freeze_words(self) -> None:
        subject, self.text, self.html = self.as_it_stands()
        self.words["subject_typed"] = bool(self.subject.strip())
        self.subject = self.subject.strip() or subject
        self.save(update_fields=["period", "words", "subject", "text", "html"])

    @property
    def equation(self) -> Equation:
        return Equation.of(self)

    @property
    def progress(self) -> Progress:
        return Progress.of(self)

    def _become(self, status: IssueStatus, *, of: list, **facts) -> bool:
        changed = Issue.objects.filter(pk=self.pk, status__in=of).update(status=status, **facts)
        self.refresh_from_db()
        return bool(changed)
