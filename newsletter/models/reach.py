"""Whether mail still reaches a person: failures that fade with time, and what makes up for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter import bounces

from .suppression import Suppression


class Reach(models.Model):
    """Of a person's mailbox. The mails themselves remember how they fared; this adds it up.

    Counted anew each time from those rows: in whatever order reports come, it is the same.
    """

    bounce_score = models.FloatField(_("bounce score"), default=0, editable=False)
    bounce_scored_at = models.DateTimeField(null=True, editable=False)
    reached_at = models.DateTimeField(_("last known to arrive"), null=True, editable=False)

    email: Any
    if TYPE_CHECKING:
        memos: Any

    class Meta:
        abstract = True

    def was_reached(self, at: datetime) -> None:
        """A mail arrived there: what failed before is forgotten."""
        later = self._me().filter(Q(reached_at=None) | Q(reached_at__lt=at))
        if later.update(reached_at=at):
            self.refresh_from_db()
            if self.bounce_score:
                self.add_up_failures()

    def add_up_failures(self) -> None:
        """Write the score down anew; too much of it, and nobody writes there any more."""
        now = timezone.now()
        failures = list(self._failures())
        self.bounce_score, self.bounce_scored_at = bounces.score(failures, at=now), now
        self._me().update(bounce_score=self.bounce_score, bounce_scored_at=now)
        if bounces.are_enough(failures):
            last = max(when for when, _weight in failures)
            Suppression.objects.add_address(self.email, Suppression.Reason.BOUNCE, at=last)

    def has_moved_since(self, at: datetime) -> bool:
        """Whether they write under another address now than they did then."""
        return self.memos.filter(kind="new-address", used_at__gt=at).exists()

    def _failures(self) -> Iterator[tuple[datetime, float]]:
        """When their mails came back, and how much that weighs."""
        from .evidence import kinds  # which needs people, and they need this

        forgiven = [self.reached_at, Suppression.objects.lifted_at(self.email)]
        since = max((at for at in forgiven if at), default=None)
        for kind in kinds():
            came_back = Q(bounced_at__isnull=False) | Q(soft_bounced_at__isnull=False)
            failed = kind.objects.of(self).filter(came_back)
            for hard, soft in failed.values_list("bounced_at", "soft_bounced_at"):
                when, weight = (hard, bounces.HARD) if hard else (soft, bounces.SOFT)
                if since is None or when > since:
                    yield when, weight

    def _me(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)
