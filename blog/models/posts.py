"""Posts and what belongs to them: closing questions, tags, the byline."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog import markup

from .images import Image


class Author(models.Model):
    """Whoever a post is signed by. The account behind it may change or go; the byline stays."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), unique=True)
    about = models.TextField(_("about"), blank=True, help_text=_("One or two plain sentences."))
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        verbose_name=_("account"),
    )

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("blog:author", args=[self.slug])


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("address"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("blog:tag", args=[self.slug])


class PostQuerySet(models.QuerySet["Post"]):
    def published(self) -> PostQuerySet:
        """Public by address: a date in the past, not withdrawn."""
        return self.filter(published_at__lte=timezone.now(), withdrawn_at=None)

    def listed(self) -> PostQuerySet:
        """Published and shown in lists, feeds and letters; newest first."""
        return self.published().filter(unlisted=False).order_by("-published_at", "-pk")

    def scheduled(self) -> PostQuerySet:
        return self.filter(published_at__gt=timezone.now(), withdrawn_at=None)

    def drafts(self) -> PostQuerySet:
        return self.filter(published_at=None)


class Post(models.Model):
    """A post. `published_at` null, future or past means draft, scheduled or published."""

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("address"), max_length=120, unique=True)
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

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="post_withdrawn_was_published",
                condition=Q(withdrawn_at=None) | Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        self.render()
        super().save(*args, **kwargs)

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
    def takes_replies(self) -> bool:
        return self.is_published and self.replies_closed_at is None

    @property
    def short_lines(self) -> list[str]:
        return [line.strip() for line in self.in_short.splitlines() if line.strip()]

    @property
    def blurb(self) -> str:
        """What lists and feeds say of it."""
        return self.summary or (self.short_lines or [""])[0]

    @property
    def minutes(self) -> int:
        """Reading time at 170 words a minute: tired eyes read slower than the usual 230."""
        return max(1, round(self.words / 170))

    def previous(self) -> Post | None:
        return Post.objects.listed().filter(published_at__lt=self.published_at).first()

    def next(self) -> Post | None:
        later = Post.objects.listed().filter(published_at__gt=self.published_at)
        return later.order_by("published_at", "pk").first()


class Question(models.Model):
    """A closing question: a row of its post, so that a reply can answer it."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="questions", verbose_name=_("post"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    text = models.CharField(_("question"), max_length=300)

    class Meta:
        verbose_name = _("closing question")
        verbose_name_plural = _("closing questions")
        ordering = ["post", "position", "pk"]

    def __str__(self) -> str:
        return self.text
