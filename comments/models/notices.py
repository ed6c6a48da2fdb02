"""Notices: mails to writers and watchers. Each is judged when it leaves, not when it was queued."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments import emails
from newsletter import retention
from newsletter.models import Subscriber, Suppression
from newsletter.models.evidence import Witnessed, WitnessedQuerySet
from newsletter.outbox import OPEN, Outbound, Status

from .replies import Comment, CommentQuerySet
from .states import Actor
from .watches import Watch
from .writers import Writer

SECOND_THOUGHTS = timedelta(minutes=10)  # so long staff may change their mind unheard
A_DAY = timedelta(days=1)
OLD = timedelta(days=90)  # nothing waits that long: such a reply was brought from elsewhere
WATCHES_AT_ONCE = 500  # told in one minute: the rest a minute later


class NoticeQuerySet(WitnessedQuerySet["Notice"]):
    def tell_of(self, comment: Comment) -> None:
        """It went up just now: tell its writer, and whom it answers. Once, however often it does.

        What did not leave when it went up before is queued again.
        """
        now = timezone.now()
        # First shown long ago: those who were told then stand in no row any more.
        first_shown = comment.published_at or now
        if comment.created_at < now - OLD or first_shown <= retention.limit("mails"):
            return
        own, kinds = comment.writer, self.model.Kind
        above = [reply.writer for reply in (comment.parent, comment.root) if reply]
        told = {writer: kinds.ANSWERED for writer in above if writer and writer != own}
        if own:
            told[own] = kinds.PUBLISHED
        told = {writer: kind for writer, kind in told.items() if writer.is_proved}
        if not told:
            return
        decision = comment.decisions.first()
        at_once = decision and decision.actor == Actor.RULES
        for writer, kind in told.items():
            self._queue(kind, comment, writer, now if at_once else now + SECOND_THOUGHTS)

    def _queue(self, kind: str, comment: Comment, writer: Writer, due_at: datetime) -> None:
        what = {"kind": kind, "comment": comment, "subscriber": writer.subscriber}
        row, made = self.model.objects.get_or_create(**what, defaults={"due_at": due_at})
        waits = Q(status=Status.SKIPPED) | Q(status=Status.QUEUED, attempts=0)
        again = self.model.objects.filter(waits, pk=row.pk)
        queued = made or again.update(status=Status.QUEUED, due_at=due_at, reason="")
        if queued and due_at <= timezone.now():
            row.ring()

    def held(self) -> Self:
        """Those that a person must decide about: refused, or perhaps sent and perhaps not."""
        return self.filter(status__in=[Status.FAILED, Status.UNCERTAIN])

    def tell_watchers(self) -> int:
        """Queue a mail for each watch whose thread has something new: once a day at most."""
        now = timezone.now()
        new = Comment.objects.published().filter(
            post=OuterRef("post"),
            published_at__gt=OuterRef("told_at"),
            published_at__lte=now - SECOND_THOUGHTS,
        )
        recent = Q(status__in=OPEN) | Q(created_at__gt=now - A_DAY) & ~Q(status=Status.SKIPPED)
        told = self.model.objects.filter(recent, watch=OuterRef("pk"))
        watches = Watch.objects.going_on().filter(Exists(new), ~Exists(told))
        listening = watches.filter(subscriber__wants_notices=True, subscriber__status="active")
        some = list(listening.order_by("told_at", "pk")[:WATCHES_AT_ONCE])
        for watch in some:
            self.create(kind=self.model.Kind.THREAD, watch=watch, subscriber_id=watch.subscriber_id)
        return len(some)


class Notice(Witnessed):
    """A reply is up, was answered, or has company: to a proved address only."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("their reply is up")
        ANSWERED = "answered", _("somebody answered them")
        THREAD = "thread", _("new replies in a thread")

    PURPOSE, LETTER = "notice", "n"

    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="notices")
    # The reply that it tells of: not public when this leaves, and this does not leave.
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="notices")
    watch = models.ForeignKey(Watch, models.CASCADE, null=True, related_name="notices")

    objects = NoticeQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at"]
        constraints = [
            *Outbound.Meta.constraints,
            models.UniqueConstraint(
                fields=["kind", "comment", "subscriber"], name="notice_tells_once"
            ),
            models.CheckConstraint(
                name="notice_of_a_reply_or_a_thread",
                condition=Q(kind="thread", watch__isnull=False, comment=None)
                | (~Q(kind="thread") & Q(comment__isnull=False, watch=None)),
            ),
        ]

    def __str__(self) -> str:
        return _("notice %(pk)s") % {"pk": self.pk}

    def message(self) -> EmailMessage:
        return emails.NOTICES[self.kind](self)

    def unwanted(self) -> str:
        """Whether it is true and wanted at the moment when it leaves: no page is behind it else."""
        if Suppression.objects.cover(self.subscriber.email):
            return "suppressed"
        if not self.subscriber.gets_notices:
            return "unsubscribed"
        if self.subscriber.paused_until:
            return "paused"
        return self._why_not_told() if self.comment else self._why_no_thread()

    @property
    def writer(self) -> Writer | None:
        """Whose reply it is about: the one that is up, or the one above it that was answered."""
        comment = self.comment
        if comment is None:
            return None
        about = [comment] if self.kind == self.Kind.PUBLISHED else [comment.parent, comment.root]
        shown = (reply.writer for reply in about if reply and reply.is_published)
        return next((w for w in shown if w and w.subscriber_id == self.subscriber_id), None)

    def new_replies(self) -> CommentQuerySet:
        """Of a thread: what others wrote since they were last told, and everybody can read now."""
        if self.watch is None:
            return Comment.objects.none()
        until = self.first_tried_at or timezone.now()  # tried again, it is the same mail
        new = self.watch.post.comments.published().filter(
            published_at__gt=self._told_before(self.watch), published_at__lte=until
        )
        return new.exclude(writer__in=self.subscriber.writers.proved())

    def settle(self, status: Status, **facts) -> bool:
        """A thread's mail came to an end: what it told of, or could not, is not told again."""
        settled = super().settle(status, **facts)
        if settled and self.watch_id and status not in OPEN:
            watch = Watch.objects.filter(pk=self.watch_id, told_at__lt=self.first_tried_at)
            watch.update(told_at=self.first_tried_at)
        return settled

    def _told_before(self, watch: Watch) -> datetime:
        """Up to when they had been told; of a mail that somebody sends again, what held then."""
        if self.first_tried_at is None or watch.told_at < self.first_tried_at:
            return watch.told_at
        earlier = watch.notices.filter(pk__lt=self.pk).aggregate(at=Max("first_tried_at"))["at"]
        # Mails that are forgotten were sent before that.
        return max(earlier or retention.limit("mails"), watch.begun_at)

    def _why_not_told(self) -> str:
        comment, writer = self.comment, self.writer
        if comment is None or not comment.is_published or not comment.post.is_published:
            return "not public"
        if writer is None or not writer.is_proved:
            return "not theirs, or not public"
        return "" if getattr(writer, f"tell_{self.kind}") else "not wanted"

    def _why_no_thread(self) -> str:
        if self.watch is None or self.watch.ended_at:
            return "not wanted"
        if not self.watch.post.is_published:
            return "not public"
        return "" if self.new_replies().exists() else "nothing new"
