"""Posts: what they say, where they stand, and until when one may reply."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from blog import markup

from .addresses import free_slug, one_line, validate_not_reserved
from .around import Around
from .authors import Author
from .images import Image
from .questions import Question
from .replying import Mode, ReplyRules
from .site import Publication
from .topics import Tag


class PostQuerySet(models.QuerySet["Post"]):
    def published(self) -> PostQuerySet:
        """Public by address: a date in the past, not withdrawn."""
        return self.filter(published_at__lte=timezone.now(), withdrawn_at=None)

    def listed(self) -> PostQuerySet:
        """Published and shown in lists, feeds and letters; newest first."""
        return self.published().filter(unlisted=False).order_by("-published_at", "-pk")

    def with_news(self) -> PostQuerySet:
        """Those that follow up an earlier one."""
        return self.filter(pk__in=Post.follows_up.through.objects.values("from_post"))

    def scheduled(self) -> PostQuerySet:
        return self.filter(published_at__gt=timezone.now(), withdrawn_at=None)

    def drafts(self) -> PostQuerySet:
        return self.filter(published_at=None)

    def public(self) -> PostQuerySet:
        """Had an address at some time: published, or withdrawn since."""
        return self.filter(published_at__lte=timezone.now())

    def for_links(self) -> PostQuerySet:
        """A title and where it leads."""
        return self.only("title", "slug", "published_at", "created_at")

    def for_lists(self) -> PostQuerySet:
        """What a list says of each, in three queries and without the texts."""
        return (
            self.select_related("author")
            .prefetch_related("tags", "questions")
            .defer("body", "body_html", "body_text", "contents")
        )

    def for_page(self) -> PostQuerySet:
        """All that one post's own page shows of it, in three queries."""
        posts = self.select_related("author", "lead_image").defer("body", "body_text")
        return posts.prefetch_related("tags", Prefetch("questions", Question.objects.for_thread()))


class Post(ReplyRules):
    """A post. `published_at` null, future or past means draft, scheduled or published."""

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(
        _("address"),
        max_length=120,
        unique=True,
        blank=True,
        validators=[validate_not_reserved],
        help_text=_("The last part of the post’s address. Empty: made from the title."),
        error_messages={"unique": _("Another post already has this address. Add a word to it.")},
    )
    author = models.ForeignKey(
        Author, models.PROTECT, related_name="posts", verbose_name=_("author")
    )
    lead_image = models.ForeignKey(
        Image, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lead image")
    )
    summary = models.CharField(
        _("summary"),
        max_length=300,
        blank=True,
        help_text=_("For lists. Empty: the first line of “In short”."),
    )
    in_short = models.TextField(
        _("in short"),
        blank=True,
        help_text=_("Up to three lines, sixty words in all: one thought a line."),
    )
    body = models.TextField(_("text"), help_text=_("Markdown."))
    tags = models.ManyToManyField(Tag, blank=True, related_name="posts", verbose_name=_("tags"))
    follows_up = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="later_posts",
        verbose_name=_("follows up"),
        help_text=_("Earlier posts that this one has news on. Who follows those gets a mail."),
    )
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Empty: a draft. In the future: it appears by itself then."),
    )
    unlisted = models.BooleanField(
        _("unlisted"), default=False, help_text=_("Only people with the address find it.")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    replies_closed_at = models.DateTimeField(_("replies closed at"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    # Rendered when saved; `manage.py rerender` does it again after a change of the sanitiser.
    body_html = models.TextField(editable=False)
    body_text = models.TextField(editable=False)
    contents = models.JSONField(default=list, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    markup_version = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta(ReplyRules.Meta):
        abstract = False
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-published_at", "-pk"]
        constraints = [
            *ReplyRules.Meta.constraints,
            models.CheckConstraint(
                name="post_withdrawn_was_published",
                condition=Q(withdrawn_at=None) | Q(published_at__isnull=False),
                violation_error_message=_("Only a post that was published can be withdrawn."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    # What `manage.py rerender` writes anew; `render` makes it from `body`.
    rendered_fields = ["body_html", "body_text", "contents", "words", "markup_version"]

    def save(self, *args, **kwargs):
        self.title, self.summary = one_line(self.title), one_line(self.summary)
        self.in_short, self.body = map(markup.clean_text, (self.in_short, self.body))
        self.slug = self.slug.lower()
        self.render()
        if self.slug:
            return super().save(*args, **kwargs)
        return self._save_under_a_free_slug(*args, **kwargs)

    def get_absolute_url(self) -> str:
        day = timezone.localtime(self.published_at or self.created_at)
        return reverse("blog:post", args=[day.year, day.month, self.slug])

    def render(self) -> None:
        rendered = markup.author_html(self.body)
        self.body_html, self.body_text = rendered.html, rendered.text
        self.contents = [list(entry) for entry in rendered.contents]
        self.words = rendered.words
        self.markup_version = markup.MARKUP_VERSION

    @property
    def is_published(self) -> bool:
        return (
            self.published_at is not None
            and self.published_at <= timezone.now()
            and self.withdrawn_at is None
        )

    @property
    def state(self) -> str:
        """Draft, scheduled, published or withdrawn, in words."""
        if self.published_at is None:
            return gettext("Draft")
        at = timezone.localtime(self.withdrawn_at or self.published_at)
        facts = {"day": date_format(at, "j F Y"), "time": date_format(at, "H:i")}
        if self.withdrawn_at:
            return gettext("Withdrawn on %(day)s at %(time)s") % facts
        if not self.is_published:
            return gettext("Scheduled: appears by itself on %(day)s at %(time)s") % facts
        if self.unlisted:
            return gettext("Published on %(day)s at %(time)s, unlisted") % facts
        return gettext("Published on %(day)s at %(time)s") % facts

    @property
    def was_public(self) -> bool:
        """Published now, or once."""
        return self.published_at is not None and self.published_at <= timezone.now()

    @cached_property
    def publication(self) -> Publication:
        """Whose rules hold where the post has none; a view may hand it over."""
        return Publication.current()

    @property
    def replies_close_at(self) -> datetime | None:
        """The moment after its last reply. Counted in days, it is the end of a day."""
        own = self.replies_close_after
        days = self.publication.replies_close_after if own is None else own
        if self.replies_closed_at or not days or self.published_at is None:
            return self.replies_closed_at
        zone = self.publication.zone
        last = timezone.localtime(self.published_at, zone).date() + timedelta(days=days)
        return datetime.combine(last + timedelta(days=1), time.min, zone)

    @property
    def last_day_for_replies(self) -> datetime | None:
        """What pages say of it: at midnight it is the day that just ends."""
        at = self.replies_close_at
        return at and at - timedelta.resolution

    @property
    def is_past_replies(self) -> bool:
        """Closed by the calendar, and not by anything else."""
        at = self.replies_close_at
        return self.is_published and at is not None and at <= timezone.now()

    @property
    def takes_replies(self) -> bool:
        if not self.is_published or self.mode_for(None) == Mode.CLOSED:
            return False
        return not self.is_past_replies

    def takes_answers(self, question: Question) -> bool:
        return self.takes_replies and self.mode_for(question) != Mode.CLOSED

    def mode_for(self, question: Question | None) -> str:
        """What becomes of a new reply: as the question says, else the post, else the site."""
        own = question.mode if question else ""
        return own or self.replies_mode or self.publication.replies_mode or Mode.FIRST

    @property
    def has_quiet_hours(self) -> bool:
        return bool(self.quiet_hours or self.publication.quiet_hours)

    def is_quiet_at(self, moment: datetime) -> bool:
        zoned = timezone.localtime(moment, self.publication.zone)
        if self.quiet_hours is None:
            return self.publication.is_quiet_at(zoned)
        return super().is_quiet_at(zoned)

    @property
    def short_lines(self) -> list[str]:
        return [line.strip() for line in self.in_short.splitlines() if line.strip()]

    @property
    def has_contents(self) -> bool:
        """Where there is a list, blog.markup has written links back to it."""
        return len(self.contents) >= markup.CONTENTS_FROM

    @property
    def blurb(self) -> str:
        """What lists and feeds say of it."""
        return self.summary or (self.short_lines or [""])[0]

    @property
    def minutes(self) -> int:
        """Reading time at 170 words a minute: tired eyes read slower than the usual 230."""
        return max(1, round(self.words / 170))

    @property
    def reading_time(self) -> str:
        words = ngettext("about %(count)d minute", "about %(count)d minutes", self.minutes)
        return words % {"count": self.minutes}

    @cached_property
    def around(self) -> Around:
        """The posts that its page leads to."""
        return Around.of(self)

    def number_questions(self, moved: dict[int, int] | None = None) -> None:
        """One, two, three, in the order given: readers see these numbers.

        `moved` says of questions that were given another number whether they come before (-1) or
        after (1) the one that had it.
        """
        moved = moved or {}
        rows = sorted(self.questions.all(), key=lambda q: (q.position, moved.get(q.pk, 0), q.pk))
        for position, question in enumerate(rows, 1):
            if question.position != position:
                Question.objects.filter(pk=question.pk).update(position=position)

    def _save_under_a_free_slug(self, *args, **kwargs) -> None:
        """Somebody may take the slug between looking and saving: then look again."""
        while True:
            self.slug = free_slug(self.title, self._is_taken)
            try:
                with transaction.atomic():
                    return super().save(*args, **kwargs)
            except IntegrityError:
                if not self._is_taken(self.slug):
                    raise

    @staticmethod
    def _is_taken(slug: str) -> bool:
        return Post.objects.filter(slug=slug).exists()
