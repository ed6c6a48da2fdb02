"""Who of the staff looked at whose record, and when: shown to those people when they ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import retention

from .people import Subscriber

ONE_SITTING = timedelta(hours=1)


class LookQuerySet(models.QuerySet["Look"]):
    def note(self, people: Iterable[Subscriber], page: str, *, by) -> int:
        """Write down that this account saw these people there; within an hour, it is one look."""
        them = {person.pk for person in people}
        lately = self.filter(user=by, page=page, at__gt=timezone.now() - ONE_SITTING)
        known = lately.filter(subscriber__in=them).values_list("subscriber", flat=True)
        seen = them - set(known)
        self.bulk_create(self.model(user=by, subscriber_id=pk, page=page) for pk in sorted(seen))
        return len(seen)

    def forget_old(self) -> int:
        return retention.delete_some(self.filter(at__lt=retention.limit("looks")))


class Look(models.Model):
    """One look at one person's record."""

    class Page(models.TextChoices):
        SEARCH = "search", _("found by their address")
        RECORD = "record", _("their record")
        HELD = "held letters", _("the list of held letters")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("account"),
    )
    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="looks", verbose_name=_("subscriber")
    )
    page = models.CharField(_("where"), max_length=40)
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = LookQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at a record")
        verbose_name_plural = _("looks at records")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"

    @property
    def where(self) -> str:
        return str(dict(self.Page.choices).get(self.page, self.page))
