"""Whoever wrote replies, known only by a private link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import retention, tokens
from newsletter.models import Subscriber

TRUSTED_AFTER = 2  # published replies: the next ones appear at once


class WriterQuerySet(models.QuerySet["Writer"]):
    def with_token(self, token: str, purpose: str = tokens.MINE) -> Writer | None:
        """Whose link this is; nobody's when one character of it is wrong.

        Who was found to be somebody that we know has one link more.
        """
        row = self.select_related("same_as").filter(public_id=tokens.read(token)).first()
        good = row and tokens.proves(token, purpose, row.link_version)
        return (row.same_as or row) if row and good else None

    def forget_idle(self) -> int:
        """Delete some whose link leads to no reply, their own or of who they turned out to be."""
        idle = self.filter(same_as=None, used_at__lt=retention.limit("links"))
        replies = self.model.comments.rel.related_model.objects
        theirs = Q(writer=OuterRef("pk")) | Q(writer__same_as=OuterRef("pk"))
        return retention.delete_some(idle.exclude(Exists(replies.filter(theirs))))


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

    def was_here(self) -> None:
        """Somebody who is gone for very long is forgotten."""
        Writer.objects.filter(pk=self.pk).update(used_at=timezone.now())

    def give_address(self, email: str, *, suspicion: str = "") -> None:
        """Where they would like to hear of their replies, once they have said that it is theirs."""

    @property
    def is_proved(self) -> bool:
        return self.proved_at is not None and self.subscriber_id is not None

    @property
    def is_trusted(self) -> bool:
        """Two of their replies are on the page. Whether it is they who write is asked elsewhere."""
        return self.comments.published()[:TRUSTED_AFTER].count() >= TRUSTED_AFTER
