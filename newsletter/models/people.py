"""The people we may write to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication, Tag
from newsletter import addresses, tokens

UNCONFIRMED_KEPT = timedelta(days=30)
PAUSES_AT_ONCE = 500  # ended in one minute: the rest a minute later
SAME_PRESS = timedelta(minutes=1)
AGAIN = "again"  # proves that its bearer is who stopped just now


class Frequency(models.TextChoices):
    NONE = "none", _("no newsletter")
    EACH = "each", _("each post")
    WEEKLY = "weekly", _("once a week")
    MONTHLY = "monthly", _("once a month")


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """People who may receive issues now."""
        return self.filter(status=Subscriber.Status.ACTIVE).exclude(frequency=Frequency.NONE)

    def paused(self) -> SubscriberQuerySet:
        return self.filter(status=Subscriber.Status.PAUSED)

    def with_address(self, email: str) -> SubscriberQuerySet:
        return self.filter(canonical=addresses.canonical(email))

    def sign_up(
        self,
        email: str,
        *,
        page: str = "site",
        suspicion: str = "",
        letters: bool = True,
        story: Post | None = None,
    ) -> None:
        """Record a wish, and queue the mail that answers it.

        Says nothing, and does the same work for every address, known or not: what the mail says,
        and whether there is one, is decided when it leaves.
        """
        email = addresses.clean(email)
        with transaction.atomic():
            subscriber = self.row_of(email, page)
            subscriber.confirmations.ask(
                subscriber, page=page, suspicion=suspicion, letters=letters, story=story
            )

    def row_of(self, email: str, page: str) -> Subscriber:
        """Theirs, new or not, in one statement that locks it and takes as long for either."""
        row = Subscriber(email=email, source=page)
        row.spell()
        Subscriber.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["canonical"],
            update_fields=["asked_at"],
        )
        return row

    def with_token(self, token: str, purpose: str = tokens.UNSUBSCRIBE) -> Subscriber | None:
        """Whose link this is; None for what this site never made, or has revoked."""
        subscriber = self.filter(public_id=tokens.read(token)).first()
        if subscriber and tokens.proves(token, purpose, subscriber.link_version):
            return subscriber
        return None

    def end_pauses(self) -> int:
        """Those whose day has come, by the publication's clock, are back; says how many."""
        today = timezone.localdate(timezone=Publication.current().zone)
        over = self.paused().filter(paused_until__lte=today).order_by("pk")
        return sum(person.come_back() for person in over[:PAUSES_AT_ONCE])

    def forget_unconfirmed(self) -> int:
        """Delete sign-ups that nobody confirmed within thirty days (privacy P10)."""
        old = timezone.now() - UNCONFIRMED_KEPT
        return self.filter(status=Subscriber.Status.PENDING, asked_at__lt=old).delete()[0]


class Subscriber(models.Model):
    """One address that we may write to. Confirming turns on only what was asked for."""

    class Status(models.TextChoices):
        PENDING = "pending", _("not confirmed yet")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=0, editable=False)
    email = models.EmailField(_("address"))  # as it was typed: we write to this
    # Made from it, see addresses.py: one row for all its spellings, and whose mailbox it is.
    canonical = models.CharField(max_length=254, unique=True, editable=False)
    mailbox = models.CharField(max_length=254, db_index=True, editable=False)
    status = models.CharField(
        _("state"), max_length=12, choices=Status.choices, default=Status.PENDING, editable=False
    )
    frequency = models.CharField(
        _("how often"), max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY
    )
    all_topics = models.BooleanField(_("everything"), default=True)
    topics = models.ManyToManyField(Tag, blank=True, related_name="+", verbose_name=_("topics"))
    quiet = models.BooleanField(_("discreet subjects"), default=False)
    source = models.CharField(
        _("where they signed up"), max_length=40, default="site", editable=False
    )
    signed_up_at = models.DateTimeField(_("signed up"), default=timezone.now, editable=False)
    # The newest wish: an unconfirmed one is kept for thirty days from then.
    asked_at = models.DateTimeField(_("last asked"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    paused_until = models.DateField(_("paused until"), null=True, editable=False)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, editable=False)
    # Failures of their mailbox, which fade with time: see bounces.py.
    bounce_score = models.FloatField(_("bounce score"), default=0, editable=False)
    bounce_scored_at = models.DateTimeField(null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["-signed_up_at"]
        constraints = [
            models.CheckConstraint(
                name="subscriber_active_is_confirmed",
                condition=~Q(status__in=["active", "paused"]) | Q(confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="subscriber_paused_has_end",
                condition=Q(status="paused", paused_until__isnull=False)
                | (~Q(status="paused") & Q(paused_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="subscriber_left_has_time",
                condition=Q(status="unsubscribed", unsubscribed_at__isnull=False)
                | (~Q(status="unsubscribed") & Q(unsubscribed_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return _("subscriber %(pk)s") % {"pk": self.pk}

    def save(self, *args, **kwargs):
        self.spell()
        super().save(*args, **kwargs)

    def spell(self) -> None:
        """What is made from the address, for rows that are made by the thousand too."""
        self.canonical = addresses.canonical(self.email)
        self.mailbox = addresses.mailbox(self.email)

    @property
    def is_in(self) -> bool:
        """Has said yes, and has not left since."""
        return self.status in {self.Status.ACTIVE, self.Status.PAUSED}

    @property
    def gets_letters(self) -> bool:
        """Also while they pause. Who only follows stories gets none."""
        return self.is_in and self.frequency != Frequency.NONE

    def confirm(self, *, letters: bool = True) -> bool:
        """Pending or gone, to active; with letters, or without. False: nothing was left to do.

        Who comes back gets what the box promised, not the rhythm that they once left.
        """
        promised = {"frequency": Frequency.WEEKLY, "all_topics": True}
        rhythm = {} if letters else {"frequency": Frequency.NONE}
        facts = {"confirmed_at": timezone.now(), "unsubscribed_at": None}
        joined = self._become(
            self.Status.ACTIVE, of=[self.Status.PENDING], **facts | rhythm
        ) or self._become(
            self.Status.ACTIVE, of=[self.Status.UNSUBSCRIBED], **facts | promised | rhythm
        )
        if joined or not letters:
            return joined
        return self._change(promised, frequency=Frequency.NONE)

    def unsubscribe(self) -> bool:
        """No further mail: no letter, no story. False: there was nothing left to stop."""
        with transaction.atomic():
            self.follows.end()
            return self._become(
                self.Status.UNSUBSCRIBED,
                of=[self.Status.PENDING, self.Status.ACTIVE, self.Status.PAUSED],
                unsubscribed_at=timezone.now(),
                paused_until=None,
            )

    def stop_letters(self) -> bool:
        """No further letter. Stories that they follow are another list, and go on."""
        if self.is_in and self.follows.going_on().exists():
            had = {"frequency__in": [Frequency.EACH, Frequency.WEEKLY, Frequency.MONTHLY]}
            return self._change({"frequency": Frequency.NONE}, **had)
        return self.unsubscribe()

    def stop_stories(self, stories: Iterable[Post]) -> int:
        """No further news on these; who got nothing else is not written to any more."""
        with transaction.atomic():
            ended = self.follows.filter(story__in=stories).end()
            if not self.gets_letters and not self.follows.going_on().exists():
                self.unsubscribe()
        return ended

    def start_again(self, token: str) -> bool:
        """Take back the last stop, with what ended with it. False: it was not theirs to take."""
        left_at = self.unsubscribed_at
        if left_at is None or not constant_time_compare(token, self.again_token):
            return False
        active = {"status": self.Status.ACTIVE, "unsubscribed_at": None}
        with transaction.atomic():
            again = self._change(active, unsubscribed_at=left_at, confirmed_at__isnull=False)
            if again:
                self.follows.filter(ended_at__gte=left_at - SAME_PRESS).update(ended_at=None)
        return again

    def choose(self, *, frequency: str, topics: Iterable[Tag] | None, quiet: bool) -> bool:
        """What they get from now on; topics None: everything. Only who is in can choose."""
        began = frequency != Frequency.NONE and not self.gets_letters
        chosen = {"frequency": frequency, "all_topics": topics is None, "quiet": quiet}
        with transaction.atomic():
            if not self._change(chosen, status__in=[self.Status.ACTIVE, self.Status.PAUSED]):
                return False
            self.topics.set(topics or [])
            if began:
                self.consents.give(self, page="manage")
        return True

    def follow_again(self, story: Post) -> None:
        """They take back that they stopped it, also when it was the last thing that they got."""
        with transaction.atomic():
            self.follows.begin(self, story)
            left = {"status": self.Status.UNSUBSCRIBED, "confirmed_at__isnull": False}
            back = {"status": self.Status.ACTIVE, "unsubscribed_at": None}
            self._change(back | {"frequency": Frequency.NONE}, **left)

    def pause(self, *, until: date) -> bool:
        """No mail before that day. Who pauses already pauses until then."""
        either = [self.Status.ACTIVE, self.Status.PAUSED]
        return self._become(self.Status.PAUSED, of=either, paused_until=until)

    def resume(self) -> bool:
        return self._become(self.Status.ACTIVE, of=[self.Status.PAUSED], paused_until=None)

    def come_back(self) -> bool:
        """The pause has ended: one mail says so. False: they changed its end meanwhile."""
        active = {"status": self.Status.ACTIVE, "paused_until": None}
        with transaction.atomic():
            back = self._change(active, status=self.Status.PAUSED, paused_until=self.paused_until)
            if back:
                self.memos.welcome_back(self)
        return back

    def revoke_links(self) -> None:
        """Make every link mailed so far useless."""
        with transaction.atomic():
            Subscriber.objects.filter(pk=self.pk).update(link_version=F("link_version") + 1)
            self.memos.update(link_hash=None)
        self.refresh_from_db()

    @property
    def unsubscribe_token(self) -> str:
        return tokens.make(tokens.UNSUBSCRIBE, self.public_id, self.link_version)

    @property
    def manage_token(self) -> str:
        return tokens.make(tokens.MANAGE, self.public_id, self.link_version)

    @property
    def unfollow_token(self) -> str:
        return tokens.make(tokens.UNFOLLOW, self.public_id, self.link_version)

    @property
    def again_token(self) -> str:
        """For who stopped just now, on the page after: good until they start, or stop, again."""
        return tokens.make(AGAIN, self.public_id, self._stop)

    @property
    def _stop(self) -> int:
        """Which of their stops was the last one."""
        return int(self.unsubscribed_at.timestamp() * 1_000_000) if self.unsubscribed_at else 0

    def _change(self, facts: dict[str, Any], **where) -> bool:
        """Change these columns while those still hold."""
        changed = Subscriber.objects.filter(pk=self.pk, **where).update(**facts)
        self.refresh_from_db()
        return bool(changed)

    def _become(self, status: Subscriber.Status, *, of: list, **facts) -> bool:
        changed = Subscriber.objects.filter(pk=self.pk, status__in=of).update(
            status=status, **facts
        )
        self.refresh_from_db()
        return bool(changed)
