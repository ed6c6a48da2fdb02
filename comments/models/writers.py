"""Whoever wrote replies, known only by a private link."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import tokens


class WriterQuerySet(models.QuerySet["Writer"]):
    def with_token(self, token: str) -> Writer | None:
        """Whose private link this is; nobody's when one character of it is wrong."""
        writer = self.filter(public_id=tokens.read(token)).first()
        good = writer and tokens.proves(token, tokens.MINE, writer.link_version)
        return writer if good else None


class Writer(models.Model):
    """Holds one person's replies behind one private link. No account, no address, no name."""

    public_id = models.CharField(
        max_length=16, unique=True, default=tokens.public_id, editable=False
    )
    link_version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WriterQuerySet.as_manager()

    class Meta:
        verbose_name = _("writer")
        verbose_name_plural = _("writers")

    def __str__(self) -> str:
        return _("writer %(pk)s") % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("comments:mine", args=[self.token])

    @property
    def token(self) -> str:
        """What the private link ends in, grouped so that it can be read and written down."""
        return tokens.grouped(tokens.make(tokens.MINE, self.public_id, self.link_version))
