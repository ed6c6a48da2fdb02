"""What the first page asks of whoever moderates: a sentence each, with the place to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Comment, HelpLine, Report
from comments.models.alerts import moderators
from newsletter import retention

WARN_BEFORE = timedelta(days=10)


@dataclass(frozen=True)
class Reminder:
    sentence: str
    link: str
    url: str


def reminders(user) -> list[Reminder]:
    """For this person; none for who may not decide about replies."""
    return list(_reminders(user)) if user.has_perm("comments.change_comment") else []


def _reminders(user) -> Iterator[Reminder]:
    soon = retention.limit("unanswered") + WARN_BEFORE
    if count := Comment.objects.unanswered(soon).count():
        sentence = ngettext(
            "One reply has waited very long. In a few days its words are deleted.",
            "%(count)d replies have waited very long. In a few days their words are deleted.",
            count,
        )
        yield Reminder(
            sentence % {"count": count},
            _("Read what waits"),
            reverse("admin:comments_comment_changelist"),
        )
    if count := Report.objects.unsettled().values("comment").distinct().count():
        sentence = ngettext(
            "Readers reported one reply that is on the page.",
            "Readers reported %(count)d replies that are on the page.",
            count,
        )
        yield Reminder(
            sentence % {"count": count},
            _("See the reports"),
            reverse("admin:comments_report_changelist"),
        )
    if HelpLine.objects.overdue().exists() and user.has_perm("comments.change_helpline"):
        yield Reminder(
            _("The help lines are shown to people who may need them. Please check their numbers."),
            _("Check the help lines"),
            reverse("admin:comments_helpline_changelist"),
        )
    if not moderators():
        may_mend = user.has_perm("auth.change_user")
        yield Reminder(
            _(
                "Nobody would be told when a reply needs care: no account of a moderator has an "
                "e-mail address."
            ),
            _("Give an account its address"),
            reverse("admin:auth_user_changelist") if may_mend else "",
        )
