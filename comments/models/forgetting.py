"""What was kept long enough goes: see config/retention.py. Decisions stay, words do not."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef

from newsletter import retention

from .alike import AlikeQuerySet
from .states import Decided, Status

Reply = TypeVar("Reply", bound=Decided)


class Forgetting(AlikeQuerySet[Reply]):
    """A part of each kind at a time, so that no minute is a long one."""

    @transaction.atomic
    def forget_spam(self) -> int:
        """Spam is deleted; where others answered, its row stays without the words."""
        answers = Exists(self.model._default_manager.filter(parent=OuterRef("pk")))
        old = self._decided_before(retention.limit("spam"), Status.SPAM)
        answered = self._each(old.filter(answers), "purge")
        return answered + retention.delete_some(old.exclude(answers))

    def forget_rejected(self) -> int:
        """The words of what was not published."""
        limit = retention.limit("not published")
        return self._each(self._decided_before(limit, Status.REJECTED), "purge")

    def forget_unanswered(self) -> int:
        """Those that nobody decided about in time."""
        return self._each(self.unanswered(retention.limit("unanswered")), "let_go")

    def unanswered(self, since: datetime) -> Any:
        """Those that have waited since then, or longer."""
        return self.filter(status=Status.PENDING, waiting_since__lt=since)

    def _decided_before(self, limit: datetime, status: Status) -> Any:
        """Those with words that came before then, and about which nothing was decided since."""
        old = self.filter(status=status, created_at__lt=limit, purged_at=None)
        return old.exclude(decisions__at__gte=limit)

    @transaction.atomic
    def _each(self, rows: Any, verb: str) -> int:
        found = retention.some(rows)
        for reply in self.filter(pk__in=found):
            getattr(reply, verb)()
        return len(found)
