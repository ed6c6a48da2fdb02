"""Mails to writers and watchers. Each is judged when it leaves, not when it was queued."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import tokens
from newsletter.models import Subscriber
from newsletter.models.asked import Asked, AskedQuerySet
from newsletter.models.evidence import Witnessed, WitnessedQuerySet
from newsletter.outbox import Outbound

from .replies import Comment
from .watches import Watch
from .writers import Writer


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

    objects = AskedQuerySet.as_manager()  # type: ignore[misc]

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

    def message(self) -> EmailMessage:
        raise NotImplementedError

    def unwanted(self) -> str:
        raise NotImplementedError


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

    objects = WitnessedQuerySet.as_manager()  # type: ignore[misc]

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
        raise NotImplementedError

    def unwanted(self) -> str:
        raise NotImplementedError
