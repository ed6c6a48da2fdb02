"""Tags, which readers know as topics."""

from __future__ import annotations

from django.db import models
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .addresses import one_line


class TagQuerySet(models.QuerySet["Tag"]):
    def of(self, posts: models.QuerySet) -> TagQuerySet:
        """The tags of these posts, the busiest first; each knows its `post_count`."""
        used = self.filter(posts__in=posts)
        return used.annotate(post_count=Count("posts")).order_by("-post_count", "name")


class Tag(models.Model):
    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("address"), max_length=60, unique=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.name = one_line(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("blog:tag", args=[self.slug])
