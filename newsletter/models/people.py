"""The people we may write to."""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post, Publication
from newsletter import addresses, retention, tokens

from . import wishes
from .suppression import Suppression
from .wishes import Frequency, Wishes

MOST_VERSIONS = 20  # of links: each change of address makes one
PAUSES_AT_ONCE = 500  # ended in one minute: the rest a minute later


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def active(self) -> SubscriberQuerySet:
        """People who may receive issues now."""
        return self.filter(status=Subscriber.Status.ACTIVE).exclude(frequency=Frequency.NONE)

    def paused(self) -> SubscriberQuerySet:
        return self.filter(status=Subscriber.Status.PAUSED)

    def with_letters(self) -> SubscriberQuerySet:
        """People who said yes to letters and have not stopped them; some pause."""
        people = self.filter(status__in=[Subscriber.Status.ACTIVE, Subscriber.Status.PAUSED])
        return people.exclude(frequency=Frequency.NONE)

    def bulk_create(self, objs, *args, **kwargs):
        """As Django's; each row is spelled first, as save() does it."""
        rows = list(objs)
        for row in rows:
            row.spell()
        return super().bulk_create(rows, *args, **kwargs)

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        rows = self.order_by().values_list("status").annotate(count=models.Count("pk"))
        return dict(rows)

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
        a_minute: int | None = None,
    ) -> None:
        """Record a wish, and queue the mail that answers it.

        Says nothing, and does the same work for every address, known or not: what the mail says,
        and whether there is one, is decided when it leaves.
        """
        email = addresses.clean(email)
        with transaction.atomic():
            subscriber = self.row_of(email, page)
            subscriber.confirmations.ask(
                subscriber,
                page=page,
                suspicion=suspicion,
                letters=letters,
                story=story,
                a_minute=a_minute,
            )

    def row_of(self, email: str, page: str) -> Subscriber:
        """Theirs, new or not, in one statement that locks it and takes as long for either."""
        row = Subscriber(email=email, source=page)
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

    def was_somebodys(self, token: str, purpose: str) -> bool:
        """Whether this site made it for a person whose row is gone: it works for years, too."""
        if self.filter(public_id=tokens.read(token)).exists():
            return False
        return any(tokens.proves(token, purpose, version) for version in range(MOST_VERSIONS))

    def end_pauses(self) -> int:
        """Those whose day has come, by the publication's clock, are back; says how many."""
        today = timezone.localdate(timezone=Publication.current().zone)
        over = self.paused().filter(paused_until__lte=today).order_by("paused_until", "pk")
        return sum(person.come_back() for person in over[:PAUSES_AT_ONCE])

    @transaction.atomic
    def forget_unconfirmed(self) -> int:
        """Delete some sign-ups that nobody confirmed in time (privacy P10).

        Whom a list brought was asked once: a hash remembers it, so that no list asks them again.
        """
        old = retention.limit("unconfirmed")
        # Never confirmed: the same, in the words of an index.
        pending = self.filter(status=Subscriber.Status.PENDING, confirmed_at=None)
        unconfirmed = pending.filter(asked_at__lt=old)
        people = self.filter(pk__in=retention.some(unconfirmed))
        brought = people.filter(source__startswith="import:").values_list("email", flat=True)
        Suppression.objects.add_many(list(brought), Suppression.Reason.SILENT)
        return people.delete()[0]

    @transaction.atomic
    def forget_left(self) -> int:
        """Delete some who left long ago and did not ask again; says how many (privacy P12).

        The hash of their address stays, so that no list from elsewhere brings them back.
        """
        old = retention.limit("left")
        gone = self.filter(status=Subscriber.Status.UNSUBSCRIBED, unsubscribed_at__lt=old)
        # By a column of their own too: who asks just now is then seen under any lock.
        gone = gone.filter(asked_at__lt=old).exclude(confirmations__created_at__gte=old)
        people = self.filter(pk__in=retention.some(gone))
        return sum(person.forget(Suppression.Reason.LEFT) for person in people)


class Subscriber(Wishes):
    """One address that we may write to. Confirming turns on only what was asked for."""

    Status = wishes.Status

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=0, editable=False)
    email = models.EmailField(_("address"))  # as it was typed: we write to this
    # Made from it, see addresses.py: one row for all its spellings, and whose mailbox it is.
    canonical = models.CharField(max_length=254, unique=True, editable=False)
    mailbox = models.CharField(max_length=254, db_index=True, editable=False)
    source = models.CharField(
        _("where they signed up"), max_length=40, default="site", editable=False
    )
    signed_up_at = models.DateTimeField(_("signed up"), default=timezone.now, editable=False)
    # The newest wish: an unconfirmed one is kept for thirty days from then.
    asked_at = models.DateTimeField(_("last asked"), default=timezone.now, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["-signed_up_at"]
        indexes = [
            # What the clock looks for each minute.
            models.Index(
                fields=["paused_until"],
                name="subscriber_pausing",
                condition=Q(paused_until__isnull=False),
            ),
            models.Index(
                fields=["asked_at"], name="subscriber_unconfirmed", condition=Q(confirmed_at=None)
            ),
            models.Index(
                fields=["unsubscribed_at"],
                name="subscriber_left",
                condition=Q(unsubscribed_at__isnull=False),
            ),
        ]
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

    @transaction.atomic
    def erase(self) -> bool:
        """Everything that we hold about them goes, at once and for good: they asked for it."""
        self.unsubscribe()
        return self.forget(Suppression.Reason.ERASED)

    @transaction.atomic
    def forget(self, reason: Suppression.Reason) -> bool:
        """Delete the row and all that hangs on it; a hash stays, so that no list brings it back."""
        Suppression.objects.add_address(self.email, reason)
        return bool(Subscriber.objects.filter(pk=self.pk).delete()[0])

    def revoke_links(self) -> None:
        """Make every link mailed so far useless."""
        with transaction.atomic():
            Subscriber.objects.filter(pk=self.pk).update(link_version=F("link_version") + 1)
            self.memos.update(link_hash=None)
            for confirmation in self.confirmations.all():  # its page leads to their own
                confirmation.public_id = tokens.public_id()
                confirmation.save(update_fields=["public_id"])
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
