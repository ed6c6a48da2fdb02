"""Receipts: mails that ask whether a typed address is theirs; the button in it proves it.

One of a row that became another brings the link of the page where its replies stand now.
"""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from comments import emails
from newsletter import retention, tokens
from newsletter.models import Subscriber, Suppression
from newsletter.models.asked import Asked, AskedQuerySet
from newsletter.models.confirming import HONEYPOT
from newsletter.outbox import Outbound, Status

from .states import Lane
from .states import Status as State
from .watches import Watch
from .writers import Writer, lock

PROVE = "prove"  # the purpose of the link behind its button


class ReceiptQuerySet(AskedQuerySet["Receipt"]):
    def ask(
        self,
        *,
        subscriber: Subscriber,
        suspicion: str = "",
        a_minute: int | None = None,
        **about,
    ) -> Receipt:
        """Queue one: now, or at the next free moment of so many a minute.

        Whether it is sent is judged when it leaves: see unwanted().
        """
        if suspicion == HONEYPOT:  # a machine filled in the form: keep the trace, and send nothing
            return self.create(
                subscriber=subscriber, status=Status.SKIPPED, reason=suspicion, **about
            )
        moment = self.model.objects.free_moment(a_minute) if a_minute else timezone.now()
        return self.enqueue(subscriber=subscriber, due_at=moment, **about)

    def with_token(self, token: str) -> Receipt | None:
        """The one whose mail brought this link; good still or not."""
        rows = self.select_related("subscriber", "writer", "post")
        found = rows.filter(public_id=tokens.read(token)).first()
        return found if found and tokens.proves(token, PROVE) else None


class Receipt(Asked):
    """“I have your reply”, or “was it you who wants to hear of replies?”: its button proves it.

    Names neither post nor words: whoever typed the address may not be who reads there.
    """

    NEVER_MISS = True
    PURPOSE, LETTER = "receipt", "r"

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="receipts")
    writer = models.ForeignKey(Writer, models.CASCADE, null=True, related_name="receipts")
    # What they would like to hear of, when it is not their own reply.
    post = models.ForeignKey(Post, models.CASCADE, null=True, related_name="+")
    used_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = ReceiptQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-created_at"]
        constraints = [
            *Outbound.Meta.constraints,
            models.CheckConstraint(
                name="receipt_of_a_reply_or_a_wish",
                condition=Q(writer__isnull=False, post=None) | Q(writer=None, post__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return _("receipt %(pk)s") % {"pk": self.pk}

    @property
    def token(self) -> str:
        return tokens.make(PROVE, self.public_id)

    @property
    def is_known(self) -> bool:
        """They proved this address before: there is nothing to press."""
        writer = self.writer
        return bool(writer and writer.is_proved and writer.subscriber_id == self.subscriber_id)

    @property
    def holder(self) -> Writer | None:
        """Who holds the replies of its row by now, if another row does."""
        return self.writer.same_as if self.writer else None

    @property
    def is_open(self) -> bool:
        """Its link still does something."""
        return not self.used_at and not self.is_old and not self.has_left_since

    @property
    def is_old(self) -> bool:
        return self.created_at <= retention.limit("unconfirmed")

    @property
    def has_left_since(self) -> bool:
        """They stopped all mail from here after they had asked."""
        left_at = self.subscriber.unsubscribed_at
        return left_at is not None and left_at >= self.created_at

    @transaction.atomic
    def prove(self) -> bool:
        """Yes, it is their mailbox. False: the link is spent or old, or they have left since."""
        # Locked: of two presses at once, one proves and the other finds it done.
        subscriber = lock(self)
        if subscriber is None:
            return False
        self.refresh_from_db(fields=["used_at", "writer"])
        self.subscriber = subscriber
        if not self.is_open:
            return False
        if not subscriber.gets_notices:
            subscriber.watches.end()  # what they once left does not begin again by this
        subscriber.start_notices()
        if self.writer:
            self.writer = self.writer.prove(subscriber)
        else:
            Watch.objects.begin(subscriber, self.post)
        self.used_at = timezone.now()
        self.save(update_fields=["used_at", "writer"])
        page = "reply" if self.writer else "watch"
        subscriber.consents.agree_to_replies(subscriber, page=page, given_at=self.created_at)
        return True

    def message(self) -> EmailMessage:
        if self.post:
            return emails.asked_to_watch(self)
        if self.holder:
            return emails.link(self)
        return emails.received(self) if self.is_known else emails.prove(self)

    def unwanted(self) -> str:
        """Judged here and not when the form came: there, every address must take as long."""
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        if self.used_at:
            return "confirmed already"
        if self.has_left_since:
            return "unsubscribed"
        return self._out_of_date() or self._asked_too_often()

    def _out_of_date(self) -> str:
        """Why it is not true any more; else empty."""
        if self.post:
            return self._why_no_watch(self.post)
        if self.writer is None:
            return "nobody’s"
        if self.holder:
            is_theirs = self.holder.is_proved and self.holder.subscriber_id == self.subscriber_id
            return "" if is_theirs else "another address since"
        if self.is_known:
            return self._why_not_received(self.writer)
        if not self.writer.is_proved and self.writer.subscriber_id != self.subscriber_id:
            return "another address since"
        # Whose replies are probably spam must not make us write to strangers.
        written = self.writer.comments.exclude(status__in=[State.WITHDRAWN, State.SPAM])
        return "" if written.exclude(lane=Lane.SPAM).exists() else "nothing of theirs is here"

    def _why_no_watch(self, post: Post) -> str:
        if not post.is_published:
            return "not public"
        watches = self.subscriber.watches.going_on().filter(post=post)
        return "watching already" if self.subscriber.gets_notices and watches.exists() else ""

    def _why_not_received(self, writer: Writer) -> str:
        if not writer.tell_received or not self.subscriber.gets_notices:
            return "not wanted"
        if self.subscriber.paused_until:
            return "paused"
        waiting = writer.comments.filter(status=State.PENDING)
        return "" if waiting.exists() else "nothing waits"

    def _asked_too_often(self) -> str:
        earlier = Receipt.objects.before(self)
        same = earlier.filter(subscriber=self.subscriber, writer=self.writer, post=self.post)
        if self.holder:  # whichever of their old links asks
            same = earlier.filter(subscriber=self.subscriber, writer__same_as__isnull=False)
        if self.holder or self.is_known:
            return self.asked_enough(same, same)
        return self.asked_enough(same, earlier.filter(subscriber__mailbox=self.subscriber.mailbox))
