"""Replies (`Comment`): held until somebody decides, shown in two levels, taken back at any time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blog import markup
from blog.models import Author, Post, Question
from newsletter import tokens
from newsletter.models import Quote

from . import states
from .alike import Alike
from .arriving import Arriving, fingerprint
from .lessons import untaught
from .rewording import Reworded
from .writers import Writer

A_MOMENT = timedelta(minutes=1)


class CommentQuerySet(Arriving["Comment"]):
    def published(self) -> CommentQuerySet:
        return self.filter(status=Comment.Status.PUBLISHED)

    def newest_shown(self) -> CommentQuerySet:
        """What feeds say, the last published first: the words as shown, not as typed."""
        shown = self.published().order_by("-published_at", "-pk").defer("body")
        return shown.select_related("question").prefetch_related("question__wordings")

    def waiting(self) -> CommentQuerySet:
        """Those that a moderator is to look at, the longest waiting first."""
        return self.exclude(lane="").order_by("waiting_since", "pk")

    def untaught(self) -> CommentQuerySet:
        """Those of which the learned filter knows nothing yet, or something that holds no more."""
        return self.filter(untaught(states.Status.values))

    def needing_care(self) -> CommentQuerySet:
        return self.waiting().filter(lane=Comment.Lane.CARE)

    def since(self, moment: datetime) -> CommentQuerySet:
        """What readers sent since then and is still to be judged, or stands; by an index."""
        open_ones = [states.Status.PENDING, states.Status.PUBLISHED, states.Status.SPAM]
        return self.filter(status__in=open_ones, created_at__gt=moment, author=None)

    def writers_called(self, key: str, most: int) -> list[int]:
        """Who has replies on the page under a name that looks like this: one of each reply."""
        select = (
            "SELECT writer_id FROM comments_comment WHERE name_key = %s AND status = %s "
            "AND writer_id IS NOT NULL LIMIT %s"
        )
        with connection.cursor() as cursor:  # plain SQL, as each new reply asks
            cursor.execute(select, [key, Comment.Status.PUBLISHED, most])
            return [writer for (writer,) in cursor.fetchall()]

    def undecided(self) -> CommentQuerySet:
        """Those that wait, and that nobody has decided about so far."""
        return self.waiting().filter(status=Comment.Status.PENDING, decisions=None)

    def are_of_somebody_known(self) -> int:
        """They wait among known people now, when they waited among new ones."""
        new = self.filter(status=Comment.Status.PENDING, lane=Comment.Lane.NEW)
        return new.update(lane=Comment.Lane.KNOWN)

    def counts(self, posts: list[Post]) -> dict[int, int]:
        """How many replies each of these posts shows; posts without any are left out."""
        shown = self.published().filter(post__in=posts).order_by()
        return dict(shown.values_list("post").annotate(n=Count("pk")))


class Comment(Alike, Reworded):
    """A reply to a post, or to one of its closing questions, or to another reply."""

    Status, Lane, Actor = states.Status, states.Lane, states.Actor

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
    if TYPE_CHECKING:
        alerts: Any

    # What it answers, and the first-level reply above it: threads show two levels.
    # RESTRICT, not PROTECT: a post may go with its whole thread, one reply of it may not.
    parent = models.ForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("answers"),
    )
    root = models.ForeignKey(
        "self", models.RESTRICT, null=True, editable=False, related_name="thread"
    )
    writer = models.ForeignKey(
        Writer, models.PROTECT, null=True, editable=False, related_name="comments"
    )
    # Set only by staff: the one way to the author's badge.
    author = models.ForeignKey(
        Author, models.PROTECT, null=True, editable=False, related_name="comments"
    )
    # An author's name may be that long. Empty: its writer took it back, and left the words.
    name = models.CharField(_("name"), max_length=80, blank=True)
    # Its letters and digits alone, folded: names that look the same have the same.
    name_key = models.CharField(max_length=80, blank=True, editable=False)
    body = models.TextField(_("text"))
    body_html = models.TextField(blank=True, editable=False)
    markup_version = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    consent_wording = models.CharField(max_length=20, blank=True, editable=False)
    consent_at = models.DateTimeField(null=True, editable=False)
    may_quote = models.BooleanField(
        _("may be quoted in the newsletter"), default=False, editable=False
    )
    may_quote_since = models.DateTimeField(null=True, editable=False)
    fingerprint = models.CharField(max_length=64, null=True, unique=True, editable=False)

    if TYPE_CHECKING:
        notices: Any

    objects = CommentQuerySet.as_manager()
    rendered_fields = ["body_html", "markup_version"]
    came_before = False  # it was just sent again
    is_copied = False  # perhaps by somebody else, who read it on the page

    class Meta(Reworded.Meta):
        abstract = False
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["created_at", "pk"]
        indexes = [
            *Reworded.Meta.indexes,
            models.Index(fields=["post", "status", "created_at"], name="comment_thread"),
            models.Index(fields=["status", "created_at"], name="comment_queue"),
            # With the state, or SQLite goes through all that are published: asked for each reply.
            models.Index(fields=["name_key", "status"], name="comment_same_name"),
            models.Index(fields=["writer", "status"], name="comment_of_writer"),
            # What is new to who watches a thread: asked each minute.
            models.Index(
                fields=["post", "published_at"],
                name="comment_up_since",
                condition=Q(status="published"),
            ),
        ]
        constraints = [
            *Reworded.Meta.constraints,
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
                | ~Q(status="withdrawn")
                & Q(withdrawn_at__isnull=True)
                & (~Q(body="") | Q(purged_at__isnull=False)),
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
                name="comment_quoting_allowed_has_time",
                condition=Q(may_quote=True, may_quote_since__isnull=False)
                | Q(may_quote=False, may_quote_since__isnull=True),
            ),
            models.CheckConstraint(
                name="comment_withdrawn_allows_no_quote",
                condition=~Q(status="withdrawn", may_quote=True),
            ),
            models.CheckConstraint(
                name="comment_root_with_parent",
                condition=Q(parent__isnull=True, root__isnull=True)
                | Q(parent__isnull=False, root__isnull=False),
            ),
            models.CheckConstraint(
                name="comment_answers_another",
                condition=(Q(parent__isnull=True) | ~Q(parent=F("pk")))
                & (Q(root__isnull=True) | ~Q(root=F("pk"))),
            ),
        ]

    def __str__(self) -> str:
        return _("reply %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        """Leads to its place, on whichever page of the thread that is."""
        return reverse("comments:place", args=[self.public_id])

    @property
    def anchor(self) -> str:
        return f"reply-{self.public_id}"

    @property
    def shown_name(self) -> str:
        """As pages say it; its writer may have taken back the name alone."""
        return self.name or gettext("A reader")

    @property
    def appeared_by_itself(self) -> bool:
        """It is on the page, and no person had a hand in that."""
        return self.is_published and not self.decisions.exclude(actor=self.Actor.RULES).exists()

    @property
    def asked(self) -> str:
        """What the question that it answers said then."""
        return self.question.as_asked(self.created_at) if self.question else ""

    @property
    def as_shown(self) -> str:
        """Its HTML, as the page shows it or would show it."""
        return self.body_html or markup.reader_html(self.body)

    @property
    def private_token(self) -> str:
        """What its writer's private link ends in; the author's own replies have none."""
        return self.writer.token if self.writer else ""

    def is_surely_of(self, writer: Writer | None) -> bool:
        """Of whoever sends it again: words that nobody could see yet, only their writer knows.

        What was on the page anybody can copy. Of somebody new, a second press counts for a moment.
        """
        if self.published_at is None or self.writer == writer:
            return True
        is_fresh = timezone.now() - self.created_at < A_MOMENT
        return is_fresh and self.writer is not None and self.writer.comments.count() == 1

    def render(self) -> None:
        """Its HTML anew, if it was ever published: `manage.py rerender` calls it."""
        if self.body_html:
            self.body_html = markup.reader_html(self.body)
            self.markup_version = markup.MARKUP_VERSION

    @transaction.atomic
    def let_quote(self, allowed: bool) -> bool:
        """Its writer allows quoting, or does no longer. False: it was so already, or is gone."""
        others = Comment.objects.filter(pk=self.pk, author=None, may_quote=not allowed)
        changed = others.exclude(status=self.Status.WITHDRAWN).update(
            may_quote=allowed, may_quote_since=timezone.now() if allowed else None
        )
        if changed:
            self.refresh_from_db()
            self.keep_quote()
        return bool(changed)

    def keep_quote(self) -> None:
        """Let letters quote exactly what everybody may read here and its writer lets them repeat.

        Every verb that changes state, words, name or permission ends with it, in its transaction.
        """
        if self.is_published and self.may_quote:
            text = markup.reader_text(self.body) or self.body
            Quote.objects.keep(self.anchor, post=self.post, text=text, name=self.shown_name)
        else:
            Quote.objects.take_back(self.anchor)

    @transaction.atomic
    def answer(self, *, by, body: str) -> Comment | None:
        """The author's own reply, one level down, published at once; pressed twice, still one.

        None: its writer took the words back meanwhile, so there is nothing to answer.
        """
        locked = Comment.objects.select_for_update().filter(pk=self.pk)
        if not locked.exclude(status=self.Status.WITHDRAWN).first():
            return None
        answer = Comment.objects.once(
            fingerprint("author", by.author.pk, self.pk, body),
            lambda: Comment(
                post=self.post,
                parent=self,
                root=self.root or self,
                author=by.author,
                name=by.author.name,
                body=body,
            ),
        )
        answer.publish(by=by)
        return answer

    def raise_alarm(self) -> None:
        """Somebody should look at it now: mails to who takes care leave with this transaction."""
        self.alerts.model.objects.ask_for_care(self)

    def follow_up(self) -> None:
        self.keep_quote()
        self.ring_to_learn()
        if self.is_published:
            self.notices.tell_of(self)

    def _is_of_somebody_known(self) -> bool:
        return self.writer is not None and self.writer.is_trusted
