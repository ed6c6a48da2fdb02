"""Changes: other words for a reply that is on the page, which shows the old ones until then."""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog import markup
from comments import signals
from comments.signals import Signal
from newsletter import retention

from .replies import Comment
from .states import Actor, Lane


class ChangeQuerySet(models.QuerySet["Change"]):
    def waiting(self) -> ChangeQuerySet:
        return self.filter(status=Change.Status.PENDING)

    def forget_old(self) -> int:
        """Delete some that were decided long ago: what stood there before, or never did."""
        return retention.delete_some(self.filter(decided_at__lt=retention.limit("changes")))


class Change(models.Model):
    """What its writer would rather say. Accepted, it holds what stood there before."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("not accepted")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="changes")
    name = models.CharField(_("name"), max_length=80, blank=True)
    body = models.TextField(_("text"))
    signals = models.JSONField(default=list, editable=False)
    status = models.CharField(
        _("state"), max_length=8, choices=Status.choices, default=Status.PENDING, editable=False
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a reply")
        verbose_name_plural = _("changes of replies")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment"], condition=Q(status="pending"), name="change_one_waits"
            ),
            models.CheckConstraint(
                name="change_decided_has_time",
                condition=Q(status="pending", decided_at=None)
                | (~Q(status="pending") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return _("change %(pk)s") % {"pk": self.pk}

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.PENDING

    @property
    def is_refused(self) -> bool:
        return self.status == self.Status.REFUSED

    @property
    def as_shown(self) -> str:
        """Its HTML, as the page would show it."""
        return markup.reader_html(self.body)

    @property
    def noticed(self) -> list[Signal]:
        return signals.read(self.signals)

    def accept(self, *, by, actor: Actor = Actor.STAFF) -> bool:
        """These words stand from now on. False: newer ones came, or somebody decided already."""
        with transaction.atomic():
            if not (self.comment.lock() and self._turn(self.Status.ACCEPTED, of=["pending"])):
                return False
            self._swap()
            self.comment.no_change_waits()
            self.comment.note("changed", by=by, actor=actor)
            self.comment.follow_up()
        return True

    def refuse(self, *, by) -> bool:
        """What stands there stays. False: newer words came, or somebody decided already."""
        with transaction.atomic():
            if not (self.comment.lock() and self._turn(self.Status.REFUSED, of=["pending"])):
                return False
            self.comment.no_change_waits()
            self.comment.note("refused", by=by)
        return True

    def hold_again(self, *, by) -> bool:
        """Undo: it waits once more, and the page is as before. False: that is not so any more."""
        with transaction.atomic():
            if not self.comment.lock() or not self.can_be_undone:
                return False
            if self.status == self.Status.ACCEPTED:
                self._swap()
            self._turn(self.Status.PENDING, of=[self.status])
            self.comment.write(lane=Lane.CHANGED, waiting_since=timezone.now())
            self.comment.note("undone", by=by)
            self.comment.follow_up()
        return True

    @property
    def can_be_undone(self) -> bool:
        """It was decided, and nothing was said or decided about these words since."""
        if self.is_waiting or not self.comment.is_published:
            return False
        decided = self.comment.decisions.filter(about__in=["changed", "refused"]).first()
        is_newest = self.comment.changes.last() == self
        return is_newest and decided is not None and decided.revision == self.comment.revision

    def _turn(self, status: Status, *, of: list[str]) -> bool:
        """Change state once; of two people at it only one does. The reply is locked."""
        decided_at = None if status == self.Status.PENDING else timezone.now()
        turned = Change.objects.filter(pk=self.pk, status__in=of).update(
            status=status, decided_at=decided_at
        )
        if turned:
            self.refresh_from_db(fields=["name", "body", "signals", "status", "decided_at"])
        return bool(turned)

    def _swap(self) -> None:
        """The reply says what stands here, and here stands what it said."""
        comment = self.comment
        before = comment.name, comment.body, comment.signals
        comment.say(name=self.name, body=self.body, noticed=self.signals)
        self.name, self.body, self.signals = before
        self.save(update_fields=["name", "body", "signals"])
