"""Alerts: mails to those who moderate. They quote no reply and name no writer."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Publication
from comments import alert_mails
from comments.signals import are_care
from newsletter.outbox import Outbound, OutboundQuerySet, Status

from .changes import Change
from .replies import Comment
from .reports import Report
from .states import Actor

HOUR = timedelta(hours=1)
# So many in an hour come one by one; who sends more to hurt has the rest told together.
ONE_BY_ONE, TOGETHER_AFTER = 6, timedelta(minutes=10)
# More replies than that in so short a time are a flood, told of once in six hours.
FLOOD, FLOOD_WITHIN, FLOOD_AGAIN = 100, timedelta(minutes=10), timedelta(hours=6)


class AlertQuerySet(OutboundQuerySet["Alert"]):
    def ask_for_care(self, comment: Comment) -> None:
        """Tell the post's author and the deputy; each once, until one of us decided about it."""
        if seen := comment.decisions.filter(actor=Actor.STAFF).first():
            self.filter(comment=comment, created_at__lte=seen.at).delete()
        for user in guardians(comment):
            if not self.filter(kind=Alert.Kind.CARE, comment=comment, user=user).exists():
                self._tell(user, comment)

    def mind_floods(self) -> None:
        """One mail to each who moderates, when very many replies came in a few minutes."""
        now = timezone.now()
        if Comment.objects.since(now - FLOOD_WITHIN).order_by()[: FLOOD + 1].count() > FLOOD:
            for user in moderators():
                self._tell_of_flood(user, since=now - FLOOD_AGAIN)

    def _tell(self, user: Any, comment: Comment) -> None:
        now = timezone.now()
        lately = self.filter(kind=Alert.Kind.CARE, user=user, created_at__gt=now - HOUR)
        if lately.exclude(comment=None).count() < ONE_BY_ONE:
            self.enqueue(kind=Alert.Kind.CARE, user=user, comment=comment)
        elif not lately.filter(comment=None, status=Status.QUEUED).exists():
            self.create(kind=Alert.Kind.CARE, user=user, due_at=now + TOGETHER_AFTER)

    @transaction.atomic
    def _tell_of_flood(self, user: Any, *, since: datetime) -> None:
        get_user_model().objects.select_for_update().get(pk=user.pk)  # one tick at a time
        if not self.filter(kind=Alert.Kind.FLOOD, user=user, created_at__gt=since).exists():
            self.enqueue(kind=Alert.Kind.FLOOD, user=user)


class Alert(Outbound):
    """Somebody should look now. `comment` None: at more than one reply."""

    class Kind(models.TextChoices):
        CARE = "care", _("a reply needs care")
        FLOOD = "flood", _("very many replies")

    NEVER_MISS = True

    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="alerts")

    objects = AlertQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Outbound.Meta):
        abstract = False
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-created_at"]
        constraints = [
            *Outbound.Meta.constraints,
            models.UniqueConstraint(fields=["kind", "comment", "user"], name="alert_once"),
        ]

    def __str__(self) -> str:
        return _("alert %(pk)s") % {"pk": self.pk}

    def message(self) -> EmailMessage:
        return alert_mails.BY_KIND[self.kind](self)

    @property
    def needing_care(self) -> int:
        """How many replies it is about."""
        if self._is_elsewhere:
            return 1
        return max(1, Comment.objects.needing_care().count() + len(self._needing_care_elsewhere))

    @property
    def page(self) -> str:
        """Where they wait; the reply itself, when it does not wait there."""
        if self.comment and self._is_elsewhere:
            return reverse("admin:comments_comment_change", args=[self.comment.pk])
        if self._needing_care_elsewhere:
            return reverse("admin:index")
        return f"{reverse('admin:comments_comment_changelist')}?lane={Comment.Lane.CARE}"

    @property
    def of_flood(self) -> dict[str, int]:
        """How many of the very many replies wait, and how many are on the page."""
        came = Comment.objects.since(self.created_at - FLOOD_WITHIN)
        shown = came.published().count()
        return {"shown": shown, "waiting": came.count() - shown}

    @property
    def _is_elsewhere(self) -> bool:
        """About a change, or about a reply that readers worry about: that is on the page."""
        return self.comment is not None and self.comment.lane != Comment.Lane.CARE

    @cached_property
    def _needing_care_elsewhere(self) -> set[int]:
        """Of those told of together: on the page, with other words that wait, or with readers who
        worry. Nobody sees them in the lane."""
        if self.comment:
            return set()
        changes = Change.objects.waiting().filter(created_at__gt=self.created_at - HOUR)
        worries = Report.objects.unsettled().filter(
            reason=Report.Reason.WORRIED, created_at__gt=self.created_at - HOUR
        )
        changed = {change.comment_id for change in changes if are_care(change.noticed)}
        return changed | set(worries.values_list("comment", flat=True))

    def unwanted(self) -> str:
        """Somebody has looked meanwhile, or this person is not to be told any more."""
        if not (self.user.is_active and self.user.is_staff):
            return "no staff"
        if not self.user.email:
            return "no address"
        return self._seen_to() if self.kind == self.Kind.CARE else ""

    def _seen_to(self) -> str:
        if self.comment is None:
            waits = Comment.objects.needing_care().exists() or self._needing_care_elsewhere
            return "" if waits else "decided"
        if not self.comment.body:
            return "taken back"
        decided = self.comment.decisions.filter(actor=Actor.STAFF, at__gte=self.created_at)
        return "decided" if decided.exists() else ""


def guardians(comment: Comment) -> list[Any]:
    """Who is told when a reply needs care; all who moderate, if that is nobody with an address."""
    deputy = Publication.current().deputy
    those = [user for user in (comment.post.author.user, deputy) if _can_be_told(user)]
    return list(dict.fromkeys(those)) or moderators()


def moderators() -> list[Any]:
    """Whoever may decide about replies and has an address."""
    people = get_user_model().objects.with_perm(
        "comments.change_comment", backend="django.contrib.auth.backends.ModelBackend"
    )
    return [user for user in people.order_by("pk") if _can_be_told(user)]


def _can_be_told(user: Any) -> bool:
    return bool(user and user.is_active and user.is_staff and user.email)
