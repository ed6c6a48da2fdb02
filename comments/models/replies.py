"""Replies (`Comment`): held until somebody decides, shown in two levels, taken back at any time."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog import markup
from blog.models import Author, Post, Question
from newsletter import tokens

from .writers import Writer

CONSENT_WORDING = "2026-11"  # the version of the sentence beside the form's tick
SAME_REPLY = timedelta(hours=1)


class CommentQuerySet(models.QuerySet["Comment"]):
    def published(self) -> CommentQuerySet:
        return self.filter(status=Comment.Status.PUBLISHED)

    def waiting(self) -> CommentQuerySet:
        """Held replies, the longest waiting first."""
        return self.filter(status=Comment.Status.PENDING).order_by("created_at", "pk")

    def hold(self, *, fingerprint: str, **facts) -> Comment:
        """Keep a reply for moderation. Sent twice within the hour, it is still one reply.

        `fingerprint` is a keyed hash of who (that day's hash of the client), where and what; the
        unique column decides when both arrive at once.
        """
        self.forget_fingerprints()
        try:
            with transaction.atomic():
                return self.create(fingerprint=fingerprint, writer=Writer.objects.create(), **facts)
        except IntegrityError:
            if earlier := self.filter(fingerprint=fingerprint).first():
                return earlier
            raise

    def forget_fingerprints(self) -> int:
        """An hour later the hash has done its work."""
        old = timezone.now() - SAME_REPLY
        return self.filter(fingerprint__isnull=False, created_at__lt=old).update(fingerprint=None)


class Comment(models.Model):
    """A reply to a post, or to one of its closing questions, or to another reply."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("not published")
        SPAM = "spam", _("spam")
        PRIVATE = "private", _("for the author only")
        WITHDRAWN = "withdrawn", _("taken back")

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    post = models.ForeignKey(Post, models.CASCADE, related_name="comments", verbose_name=_("post"))
    question = models.ForeignKey(
        Question,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="answers",
        verbose_name=_("closing question"),
    )
    # What it answers, and the first-level reply above it: threads show two levels.
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("answers"),
    )
    root = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="thread"
    )
    writer = models.ForeignKey(
        Writer, models.PROTECT, null=True, editable=False, related_name="comments"
    )
    # Set only by staff: the one way to the author's badge.
    author = models.ForeignKey(
        Author, models.PROTECT, null=True, editable=False, related_name="comments"
    )
    name = models.CharField(_("name"), max_length=60)
    body = models.TextField(_("text"))
    body_html = models.TextField(blank=True, editable=False)
    markup_version = models.PositiveSmallIntegerField(default=0, editable=False)
    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.PENDING, editable=False
    )
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, editable=False)
    consent_wording = models.CharField(max_length=20, blank=True, editable=False)
    consent_at = models.DateTimeField(null=True, editable=False)
    suspicion = models.CharField(_("why it looks odd"), max_length=40, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, null=True, unique=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["post", "status", "created_at"], name="comment_thread"),
            models.Index(fields=["status", "created_at"], name="comment_queue"),
        ]
        constraints = [
            models.CheckConstraint(
                name="comment_published_has_time_and_html",
                condition=~Q(status="published")
                | (Q(published_at__isnull=False) & ~Q(body_html="")),
            ),
            models.CheckConstraint(
                name="comment_withdrawn_keeps_no_words",
                condition=Q(
                    status="withdrawn", withdrawn_at__isnull=False, body="", body_html="", name=""
                )
                | (~Q(status="withdrawn") & Q(withdrawn_at__isnull=True) & ~Q(body="")),
            ),
            models.CheckConstraint(
                name="comment_is_somebodys",
                condition=Q(author__isnull=False, writer__isnull=True)
                | Q(author__isnull=True, writer__isnull=False),
            ),
            models.CheckConstraint(
                name="comment_reader_consented",
                condition=Q(author__isnull=False)
                | (Q(consent_at__isnull=False) & ~Q(consent_wording="")),
            ),
            models.CheckConstraint(
                name="comment_root_with_parent",
                condition=Q(parent__isnull=True, root__isnull=True)
                | Q(parent__isnull=False, root__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return _("reply %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return f"{self.post.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        return f"reply-{self.public_id}"

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    def publish(self, *, by) -> bool:
        return self._decide(
            self.Status.PUBLISHED,
            by=by,
            published_at=self.published_at or timezone.now(),
            body_html=markup.reader_html(self.body),
            markup_version=markup.MARKUP_VERSION,
        )

    def reject(self, *, by) -> bool:
        return self._decide(self.Status.REJECTED, by=by)

    def mark_spam(self, *, by) -> bool:
        return self._decide(self.Status.SPAM, by=by)

    def hold_again(self, *, by) -> bool:
        """Back into the queue: the undo of any decision."""
        return self._decide(self.Status.PENDING, by=by)

    def withdraw(self) -> bool:
        """Its writer takes it back: the words and the name are gone for good, at once."""
        return self._decide(
            self.Status.WITHDRAWN,
            by=None,
            withdrawn_at=timezone.now(),
            body="",
            body_html="",
            name="",
            fingerprint=None,
        )

    @transaction.atomic
    def answer(self, *, by, body: str) -> Comment:
        """The author's own reply, one level down, published at once."""
        answer = Comment(
            post=self.post,
            question=None,
            parent=self,
            root=self.root or self,
            author=by.author,
            name=by.author.name,
            body=body,
        )
        answer.save()
        answer.publish(by=by)
        return answer

    def _decide(self, status: Status, *, by, **facts) -> bool:
        """Change state once, and write down who did it. False: it was so already, or is gone."""
        with transaction.atomic():
            was = Comment.objects.select_for_update().filter(pk=self.pk)
            before = was.values_list("status", flat=True).first()
            changed = (
                was.exclude(status__in=[status, self.Status.WITHDRAWN])
                .filter(status=before)
                .update(status=status, **facts)
            )
            if changed:
                self.decisions.create(verdict=status, before=before, by=by)
        self.refresh_from_db()
        return bool(changed)
