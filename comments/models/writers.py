"""Whoever wrote replies, known only by a private link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models.rows import add_row
from newsletter import addresses, retention, tokens
from newsletter.models import Subscriber
from newsletter.models.confirming import HONEYPOT

TRUSTED_AFTER = 2  # published replies: the next ones appear at once
SWITCHES = ("received", "published", "answered")  # the mails that they may want


class WriterQuerySet(models.QuerySet["Writer"]):
    def with_token(self, token: str, purpose: str = tokens.MINE) -> Writer | None:
        """Whose link this is; nobody's when one character of it is wrong.

        Never of who holds its replies by now: whoever typed their address has this link, too.
        """
        row = self.select_related("same_as").filter(public_id=tokens.read(token)).first()
        return row if row and tokens.proves(token, purpose, row.link_version) else None

    def forget_idle(self) -> int:
        """Delete some whose link leads to no reply, their own or of who they turned out to be."""
        return retention.delete_some(self.idle())

    def begin(self) -> Writer:
        """Somebody new."""
        writer = self.model()
        add_row(writer)
        return writer

    def idle(self) -> WriterQuerySet:
        replies = self.model.comments.rel.related_model.objects.order_by()
        # Two questions, as one with “or” would read all replies for each writer.
        own = Exists(replies.filter(writer=OuterRef("pk")))
        others = Exists(replies.filter(writer__same_as=OuterRef("pk")))
        old = self.filter(same_as=None, used_at__lt=retention.limit("links"))
        return old.exclude(own).exclude(others)

    def with_stop_token(self, token: str, purpose: str) -> Writer | None:
        """Whose mails this link stops. It does nothing else, so no new private link revokes it."""
        row = self.select_related("same_as").filter(public_id=tokens.read(token)).first()
        return (row.same_as or row) if row and tokens.proves(token, purpose) else None

    def proved(self) -> WriterQuerySet:
        """Those whose address is surely theirs: at most one of each address."""
        return self.filter(proved_at__isnull=False, subscriber__isnull=False)

    def wanting_mail(self) -> WriterQuerySet:
        switches = (Q(**{f"tell_{what}": True}) for what in SWITCHES)
        return self.proved().filter(next(switches) | next(switches) | next(switches))

    @transaction.atomic
    def move(self, old: Subscriber, new: Subscriber) -> None:
        """Two rows of people become one: see newsletter/moving.py. One writer stays of each two."""
        had = new.writers.proved().first()
        for writer in old.writers.all():
            if had and writer.is_proved:
                writer.become(had)
            else:
                self.filter(pk=writer.pk).update(subscriber=new)

    def forget_addresses(self) -> int:
        """Let go of some addresses whose writers were not here for long (privacy P16)."""
        old = self.filter(subscriber__isnull=False, used_at__lt=retention.limit("writers"))
        with transaction.atomic():
            writers = list(self.filter(pk__in=retention.some(old)).select_related("subscriber"))
            self.filter(pk__in=[writer.pk for writer in writers]).update(
                subscriber=None, proved_at=None
            )
            for writer in writers:
                hush(writer.subscriber)
        return len(writers)


class Writer(models.Model):
    """Holds one person's replies behind one private link. No account, no name."""

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The address that they typed; theirs once its mail's button was pressed.
    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, editable=False, related_name="writers"
    )
    proved_at = models.DateTimeField(_("address proved"), null=True, editable=False)
    # They proved an address that another row of theirs had proved: that one holds the replies.
    same_as = models.ForeignKey(
        "self", models.CASCADE, null=True, editable=False, related_name="others"
    )
    used_at = models.DateTimeField(_("last seen"), default=timezone.now, editable=False)
    # Which mails they want about their replies.
    tell_received = models.BooleanField(_("when a reply has arrived"), default=True)
    tell_published = models.BooleanField(_("when it is on the page"), default=True)
    tell_answered = models.BooleanField(_("when somebody answers"), default=True)

    if TYPE_CHECKING:
        comments: Any
        receipts: Any
        others: Any

    objects = WriterQuerySet.as_manager()

    class Meta:
        verbose_name = _("writer")
        verbose_name_plural = _("writers")
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"],
                condition=Q(proved_at__isnull=False),
                name="writer_one_per_proved_address",
            ),
            models.CheckConstraint(
                name="writer_is_not_same_as_itself",
                condition=Q(same_as=None) | ~Q(same_as=models.F("pk")),
            ),
        ]

    def __str__(self) -> str:
        return _("writer %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("comments:mine", args=[self.token])

    @property
    def token(self) -> str:
        """What the private link ends in, grouped so that it can be read and written down."""
        return tokens.grouped(tokens.make(tokens.MINE, self.public_id, self.link_version))

    def was_here(self) -> bool:
        """Somebody who is gone for very long is forgotten. False: another row is theirs by now.

        Until the transaction ends, they do not become another.
        """
        mine = Writer.objects.filter(pk=self.pk, same_as=None)
        return bool(mine.update(used_at=timezone.now()))

    @property
    def is_proved(self) -> bool:
        return self.proved_at is not None and self.subscriber_id is not None

    @property
    def is_trusted(self) -> bool:
        """Two of their replies are on the page. Whether it is they who write is asked elsewhere."""
        return self.comments.published().order_by()[:TRUSTED_AFTER].count() >= TRUSTED_AFTER

    @transaction.atomic
    def give_address(self, email: str, *, suspicion: str = "", a_minute: int | None = None) -> None:
        """They typed it with a reply: one mail says that this has come, and asks if it is theirs.

        Says nothing, and does the same work for every address, known or not. Another one than
        they proved takes its place only once it is proved, too.
        """
        subscriber = Subscriber.objects.row_of(addresses.clean(email), "reply")
        if suspicion != HONEYPOT:
            mine = Writer.objects.filter(pk=self.pk)
            unproved = Q(proved_at=None) | Q(subscriber=None)
            mine.filter(unproved).update(subscriber=subscriber, proved_at=None)
            self.refresh_from_db()
        self.receipts.ask(
            subscriber=subscriber, writer=self, suspicion=suspicion, a_minute=a_minute
        )

    def send_link(self) -> None:
        """Mail the link of the row that holds the replies: to its proved address, nowhere else."""
        if self.same_as and self.same_as.is_proved:
            self.receipts.ask(subscriber=self.same_as.subscriber, writer=self)

    def acknowledge(self) -> None:
        """A reply of somebody known has come: one mail says so, if they want that."""
        if self.is_proved and self.tell_received:
            self.receipts.ask(subscriber=self.subscriber, writer=self)

    def prove(self, subscriber: Subscriber) -> Writer:
        """This address is theirs: whoever calls has locked it. Returns the row that holds all.

        Who proved it before is the same person.
        """
        me = Writer.objects.select_for_update(no_key=True, of=("self",)).get(pk=self.pk)
        if me.same_as:
            return me.same_as.prove(subscriber)
        other = subscriber.writers.proved().exclude(pk=me.pk).first()
        if other:
            return me.become(other)
        left = me.subscriber if me.is_proved and me.subscriber_id != subscriber.pk else None
        me.subscriber, me.proved_at, me.used_at = subscriber, timezone.now(), timezone.now()
        me.save(update_fields=["subscriber", "proved_at", "used_at"])
        if left:
            hush(left)
        return me

    def become(self, other: Writer) -> Writer:
        """From now on `other` holds what this row held. The links of this one open nothing there:
        they only ask for a mail to the proved address.
        """
        left = self.subscriber if self.is_proved else None
        self.comments.update(writer=other)
        self.receipts.update(writer=other)
        self.others.update(same_as=other)
        self.same_as, self.subscriber, self.proved_at = other, None, None
        self.save(update_fields=["same_as", "subscriber", "proved_at"])
        Writer.objects.filter(pk=other.pk).update(used_at=timezone.now())
        if left and left.pk != other.subscriber_id:
            hush(left)
        return other

    @transaction.atomic
    def start_telling(self, what: str) -> bool:
        """They want this kind of mail: their private page says so. False: they had it already.

        Of what they left with everything else, nothing more begins by it.
        """
        subscriber = lock(self)
        if subscriber is None or not self.is_proved:
            return False
        if not subscriber.gets_notices:
            Writer.objects.filter(pk=self.pk).update(**{f"tell_{each}": False for each in SWITCHES})
            subscriber.watches.end()
            subscriber.start_notices()
            subscriber.consents.agree_to_replies(subscriber, page="mine")
        return self._switch(what, on=True)

    @transaction.atomic
    def stop_telling(self, what: str) -> bool:
        """No further mail of this kind. False: there was none."""
        subscriber = lock(self)
        stopped = self._switch(what, on=False)
        if stopped and subscriber and self.is_proved:
            hush(subscriber)
        return stopped

    def _switch(self, what: str, *, on: bool) -> bool:
        column = f"tell_{SWITCHES[SWITCHES.index(what)]}"
        rows = Writer.objects.filter(pk=self.pk, **{column: not on})
        switched = rows.update(**{column: on})
        self.refresh_from_db()
        return bool(switched)


def lock(row: Any) -> Subscriber | None:
    """Whose row this is, until the transaction ends: whoever proves locks people first, too."""
    people = Subscriber.objects.select_for_update(no_key=True)
    return people.filter(pk=row.subscriber_id).first()


def hush(subscriber: Any) -> None:
    """Who wants no mail about replies any more is not written to about any."""
    watches = subscriber.watches.going_on()
    if not watches.exists() and not subscriber.writers.wanting_mail().exists():
        subscriber.stop_notices()
