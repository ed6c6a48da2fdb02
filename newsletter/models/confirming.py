"""Confirmations: the mail that asks whether it was you."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import emails, retention, tokens
from newsletter.outbox import Outbound, Status

from .asked import Asked, AskedQuerySet
from .consents import CONSENT_WORDING
from .people import Subscriber
from .rushes import WATCHED, Rush
from .suppression import Suppression

HONEYPOT = "honeypot"
ALREADY_IN, CONFIRMED = "already in", "already confirmed"

A_WEEK = timedelta(weeks=1)
# A reminder that could not leave for two days comes no more.
REMIND_AFTER, REMIND_WITHIN, REMINDED_AT_ONCE = timedelta(days=1), timedelta(days=2), 100
SOME_MINUTES = timedelta(minutes=10)
REACHED = [Status.SENDING, Status.SENT, Status.UNCERTAIN]  # them, or may have
IMPORT = "import"  # the page of people whom a list from elsewhere brought


class ConfirmationQuerySet(AskedQuerySet["Confirmation"]):
    def ask(
        self,
        subscriber: Subscriber,
        *,
        page: str = "site",
        suspicion: str = "",
        letters: bool = True,
        story: Post | None = None,
        a_minute: int | None = None,
    ) -> Confirmation:
        """Queue a confirmation; the next moment of so many a minute is its, or this one.

        Whether it is sent is judged when it leaves: see unwanted().
        """
        wish = {"subscriber": subscriber, "page": page, "letters": letters, "story": story}
        if suspicion == HONEYPOT:  # a machine filled in the form: keep the trace, and send nothing
            return self.create(status=Status.SKIPPED, reason=suspicion, **wish)
        moment = self.model.objects.free_moment(a_minute) if a_minute else timezone.now()
        return self.enqueue(due_at=moment, **wish)

    def free_moment(self, a_minute: int) -> datetime:
        """Those whom a list brought stand in another line."""
        return super(ConfirmationQuerySet, self.exclude(page=IMPORT)).free_moment(a_minute)

    def lately(self) -> tuple[int, int, int]:
        """How many asked in the last hour, by a form; how many of them have the mail; said yes.

        Mails of the last minutes do not count: people need them to find the button.
        """
        now = timezone.now()
        asked = self.mailed().exclude(page=IMPORT).filter(created_at__gt=now - WATCHED)
        reached = asked.filter(sent_at__lte=now - SOME_MINUTES)
        return asked.count(), reached.count(), reached.filter(used_at__isnull=False).count()

    def to_remind(self) -> ConfirmationQuerySet:
        """Sent a day ago, and nobody pressed. Nobody whom a list or a rush of machines brought.

        Of several mails the newest, whose link is good; and nobody who was reminded before.
        """
        in_rush = Rush.objects.around(OuterRef("created_at"))
        newer = self.model.objects.filter(
            subscriber=OuterRef("subscriber"), pk__gt=OuterRef("pk"), status__in=REACHED
        )
        day_ago = timezone.now() - REMIND_AFTER
        return self.filter(
            status=Status.SENT,
            used_at=None,
            sent_at__lte=day_ago,
            sent_at__gt=day_ago - REMIND_WITHIN,
            created_at__gt=day_ago - A_WEEK,  # by an index
            subscriber__status=Subscriber.Status.PENDING,
        ).exclude(
            Q(page=IMPORT) | Exists(in_rush) | Exists(newer) | Q(subscriber__memos__kind="reminder")
        )

    def remind(self) -> None:
        """Queue the reminders that are due."""
        for confirmation in self.to_remind().select_related("subscriber")[:REMINDED_AT_ONCE]:
            confirmation.remind()

    def ask_in_turn(self, subscribers: list[int], *, page: str, every: timedelta) -> None:
        """Queue one for each of these, one after the other: after those queued so before."""
        queued = self.filter(page=page, status=Status.QUEUED)
        last = queued.aggregate(last=models.Max("due_at"))["last"]
        start = max(filter(None, [last, timezone.now()]))
        self.bulk_create(
            Confirmation(subscriber_id=subscriber, page=page, due_at=start + place * every)
            for place, subscriber in enumerate(subscribers, 1)
        )

    def with_token(self, token: str) -> Confirmation | None:
        """The row that a proved token names, if it is still there."""
        rows = self.select_related("subscriber", "story")
        return rows.filter(public_id=tokens.read(token)).first()


class Confirmation(Asked):
    """The mail that asks whether it was you. Its link names this row."""

    class State(enum.Enum):
        """What its link is still good for."""

        OPEN = "may confirm"
        IN = "is signed up already"
        REPLACED = "a newer mail has the good link"
        LEFT = "has left since"
        OLD = "has rested too long"

    NEVER_MISS = True
    PURPOSE, LETTER = tokens.CONFIRMATION, "c"

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="confirmations", verbose_name=_("subscriber")
    )
    # What was asked for; confirming turns on this and nothing else.
    letters = models.BooleanField(_("asks for letters"), default=True, editable=False)
    story = models.ForeignKey(
        Post, models.CASCADE, null=True, related_name="+", verbose_name=_("story"), editable=False
    )
    # What becomes a consent once it is proved: the words agreed to, and where they stood.
    wording = models.CharField(max_length=200, default=CONSENT_WORDING, editable=False)
    page = models.CharField(max_length=40, default="site", editable=False)
    used_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = ConfirmationQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-created_at"]
        indexes = [
            *Outbound.Meta.indexes,
            models.Index(fields=["created_at"], name="confirmation_created"),
        ]

    def __str__(self) -> str:
        return _("confirmation %(pk)s") % {"pk": self.pk}

    @property
    def token(self) -> str:
        return tokens.make(tokens.CONFIRM, self.public_id)

    @property
    def state(self) -> State:
        if self.is_granted:
            return self.State.IN
        if self.used_at or self._left_since:
            return self.State.LEFT
        if self.created_at <= retention.limit("unconfirmed"):
            return self.State.OLD
        if self._newer().exists():
            return self.State.REPLACED
        return self.State.OPEN

    @property
    def is_granted(self) -> bool:
        """They have all that it asks for."""
        if self.letters and not self.subscriber.gets_letters:
            return False
        if self.story is None:
            return True
        follows = self.subscriber.follows.going_on()
        return self.subscriber.is_in and follows.filter(story=self.story).exists()

    @transaction.atomic
    def confirm(self) -> bool:
        """Yes, it was them. False: the link is spent, replaced or old."""
        # Locked: of two presses at once, one confirms and the other finds it done.
        self.subscriber = Subscriber.objects.select_for_update().get(pk=self.subscriber_id)
        if self.state is not self.State.OPEN:
            return False
        joined = self.subscriber.confirm(letters=self.letters)
        if joined and self.letters:
            self.subscriber.memos.welcome(self.subscriber)
        if self.story:
            self.subscriber.follows.begin(self.subscriber, self.story)
        self.used_at = self.subscriber.confirmed_at if joined else timezone.now()
        self.save(update_fields=["used_at"])
        self._keep_consents()
        return True

    def replace(self) -> bool:
        """Queue a new one, with a fresh link. False: this one is not replaced."""
        if self.state is not self.State.REPLACED:
            return False
        self.subscriber.confirmations.ask(
            self.subscriber, page=self.page, letters=self.letters, story=self.story
        )
        return True

    def remind(self) -> bool:
        """Write once more to who did not press. False: they were reminded before."""
        with transaction.atomic():
            subscriber = Subscriber.objects.select_for_update().get(pk=self.subscriber_id)
            lately = retention.limit("unconfirmed")
            if subscriber.memos.filter(kind="reminder", created_at__gt=lately).exists():
                return False
            subscriber.memos.write(subscriber, "reminder", confirmation=self)
            return True

    def _keep_consents(self) -> None:
        facts = {
            "wording": self.wording,
            "page": self.page,
            "given_at": self.created_at,
            "confirmed_at": self.used_at,
        }
        if self.letters:
            self.subscriber.consents.create(what="letters", **facts)
        if self.story:
            self.subscriber.consents.create(what="story", story=self.story, **facts)

    @property
    def _left_since(self) -> bool:
        """Everything, or what this asks for: they had it since, and have it no more."""
        left_at = self.subscriber.unsubscribed_at
        if left_at is not None and left_at >= self.created_at:
            return True
        if self.letters and not self.subscriber.gets_letters:
            agreed = self.subscriber.consents.filter(what="letters")
            if agreed.filter(confirmed_at__gte=self.created_at).exists():
                return True
        follows = self.subscriber.follows.filter(story=self.story)
        return follows.filter(ended_at__gte=self.created_at).exists()

    def _newer(self) -> models.QuerySet:
        """Later ones for the same that reached them, or may have."""
        later = self._same().filter(pk__gt=self.pk)
        return later.filter(status__in=REACHED)

    def _same(self) -> ConfirmationQuerySet:
        """All that ask this person for just this."""
        return self.subscriber.confirmations.filter(letters=self.letters, story=self.story)

    def message(self) -> EmailMessage:
        return emails.confirmation(self)

    def unwanted(self) -> str:
        """Judged here and not when the form came: there, every address must take as long."""
        if self.is_granted:
            since = self.subscriber.confirmed_at
            just_now = self.used_at or (since and since > self.created_at)
            return CONFIRMED if just_now else ALREADY_IN
        if self.used_at or self._left_since:
            return "unsubscribed"
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        earlier = Confirmation.objects.before(self)
        return self.asked_enough(
            same=self._same().before(self),
            to_mailbox=earlier.filter(subscriber__mailbox=self.subscriber.mailbox),
        )

    def leave_out(self, reason: str) -> bool:
        with transaction.atomic():
            # Locked: of two at once, the second finds that they were told.
            Subscriber.objects.select_for_update().filter(pk=self.subscriber_id).first()
            left_out = super().leave_out(reason)
            if left_out and reason == ALREADY_IN:
                self.subscriber.memos.tell_already_in(self.subscriber)
        return left_out
