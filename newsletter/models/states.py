"""The states of an issue, and what is in which of them."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Post
from newsletter import outbox

if TYPE_CHECKING:
    from .editions import Edition
    from .issues import Issue

A_WEEK = timedelta(days=7)


class IssueStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    SENDING = "sending", _("being sent")
    PAUSED = "paused", _("paused")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("cancelled")
    EMPTY = "empty", _("nothing new, nothing sent")


class Stopped(models.TextChoices):
    """Why it paused by itself."""

    BOUNCES = "bounces", _("more than one in twenty of these addresses does not exist")
    COMPLAINTS = "complaints", _("more than one in a thousand called it spam")
    REFUSALS = "refusals", _("more than one in five of the mail servers did not want it")


OPEN = [IssueStatus.DRAFT, IssueStatus.SCHEDULED]


class IssueQuerySet(models.QuerySet["Issue"]):
    def sent(self) -> IssueQuerySet:
        return self.filter(status=IssueStatus.SENT).order_by("-period")

    def archived(self) -> IssueQuerySet:
        """What has a page of its own, which mails lead to: somebody has it, or may at any moment.

        One that was cancelled on its way is there too, to say so. News on a story is one post,
        which has its page already.
        """
        return self.started().exclude(edition__kind="story").order_by("-period")

    def listed(self) -> IssueQuerySet:
        """What the archive and its feeds tell of."""
        return self.archived().filter(status__in=[IssueStatus.SENDING, IssueStatus.SENT])

    def reopen(self) -> int:
        """Some of its letters go once more."""
        return self.sent().update(status=IssueStatus.SENDING, finished_at=None)

    def sending(self) -> IssueQuerySet:
        return self.filter(status=IssueStatus.SENDING)

    def started(self) -> IssueQuerySet:
        return self.filter(started_at__isnull=False)

    def with_words(self) -> IssueQuerySet:
        """There is something to read: all but those that ended before they started."""
        return self.open() | self.started()

    def unfinished(self) -> IssueQuerySet:
        """Started, and not all of its mails have come to an end."""
        return self.filter(status__in=[IssueStatus.SENDING, IssueStatus.PAUSED])

    def open(self) -> IssueQuerySet:
        """Being put together, or waiting for its time: at most one of each edition."""
        return self.filter(status__in=OPEN)

    def scheduled(self) -> IssueQuerySet:
        """Approved, and waiting for their time."""
        return self.filter(status=IssueStatus.SCHEDULED).order_by("starts_at")

    def drafts(self) -> IssueQuerySet:
        """Being put together, and not approved."""
        return self.filter(status=IssueStatus.DRAFT)

    def waiting(self) -> IssueQuerySet:
        """Decided, and still to be sent or being sent."""
        return self.filter(status__in=[IssueStatus.SCHEDULED, IssueStatus.SENDING])

    def over(self) -> IssueQuerySet:
        """No longer open: started, cancelled or empty."""
        return self.exclude(status__in=OPEN)

    def overdue(self) -> IssueQuerySet:
        return self.scheduled().filter(starts_at__lte=timezone.now())

    def freezing(self) -> IssueQuerySet:
        """Their audience is not all written down yet."""
        return self.unfinished().filter(frozen_at=None)

    def cancelled(self) -> IssueQuerySet:
        return self.filter(status=IssueStatus.CANCELLED)

    def complete_finished(self) -> int:
        """Those whose every delivery has come to an end are sent."""
        for issue in self.cancelled().filter(started_at__gt=timezone.now() - A_WEEK):
            # What a worker had in hands at that moment and put back.
            issue.deliveries.skip_queued("cancelled")
        done = self.sending().filter(frozen_at__isnull=False)
        done = done.exclude(deliveries__status__in=outbox.OPEN)
        if not (pks := list(done.values_list("pk", flat=True))):
            return 0
        with transaction.atomic():
            # Looked at again once they are locked: somebody may be sending some of it again.
            list(self.filter(pk__in=pks).select_for_update(no_key=True).order_by("pk"))
            over = done.filter(pk__in=pks).order_by()
            return over.update(status=IssueStatus.SENT, finished_at=timezone.now())

    def pass_over(self, edition: Edition, post: Post) -> None:
        """Note that this post is never to come in a letter of the edition."""
        with contextlib.suppress(IntegrityError), transaction.atomic():  # another beat did so
            issue = self.without_posts(edition, edition.free_minute())
            issue.items.add_posts(issue, [post])

    def without_posts(self, edition: Edition, period: datetime) -> Issue:
        """A period that had nothing new to tell."""
        return self.create(edition=edition, period=period, status=IssueStatus.EMPTY)

    @transaction.atomic
    def record_sent(self, edition, posts: list[Post], period: datetime, *, public_id: str) -> Issue:
        """One that went out before this site kept its ledger: for archives that move in."""
        issue = self.create(
            edition=edition,
            public_id=public_id,
            status=IssueStatus.SENT,
            **dict.fromkeys(["period", "created_at", "started_at", "frozen_at"], period),
            finished_at=period,
        )
        issue.items.add_posts(issue, posts)
        issue.freeze_words()
        return issue
