"""The list of replies: its filters, its order, and what is decided about many at once."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Case, Count, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from comments.models import Comment

# What may be decided: the verb of the row, the words on the button.
VERDICTS = {
    "publish": pgettext_lazy("verb", "Publish"),
    "reject": gettext_lazy("Do not publish"),
    "mark_spam": gettext_lazy("Spam"),
    "hold_again": gettext_lazy("Back to the queue"),
}
LEADS_TO = {
    "publish": Comment.Status.PUBLISHED,
    "reject": Comment.Status.REJECTED,
    "mark_spam": Comment.Status.SPAM,
    "hold_again": Comment.Status.PENDING,
    "keep_private": Comment.Status.PRIVATE,
}
# Who needs care comes first, what is probably spam last, and all else by how long it waits.
URGENCY = Case(
    When(lane=Comment.Lane.CARE, then=Value(0)),
    When(lane=Comment.Lane.SPAM, then=Value(2)),
    default=Value(1),
)


class LaneFilter(admin.SimpleListFilter):
    """Why they wait, with how many do."""

    title = gettext_lazy("why they wait")
    parameter_name = "lane"

    def lookups(self, request, model_admin):
        return Comment.Lane.choices

    def choices(self, changelist):
        waiting = Comment.objects.waiting().order_by().values_list("lane")
        counts = dict(waiting.annotate(n=Count("pk")))
        for lane, label in Comment.Lane.choices:
            count = apnumber(counts[lane]) if lane in counts else _("none")
            yield {
                "selected": lane == self.value(),
                "query_string": changelist.get_query_string(
                    {self.parameter_name: lane}, remove=[StateFilter.parameter_name]
                ),
                "display": _("%(lane)s: %(count)s") % {"lane": label, "count": count},
            }

    def queryset(self, request, queryset):
        return queryset.filter(lane=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """Waiting ones, unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        states = [(state.value, state.label) for state in Comment.Status]
        return [*states, ("all", _("all"))]

    def choices(self, changelist):
        chosen = self.value() or Comment.Status.PENDING
        for state, words in self.lookup_choices:
            yield {
                "selected": state == chosen,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: state}, remove=[LaneFilter.parameter_name]
                ),
                "display": words,
            }

    def queryset(self, request, queryset):
        state = self.value() or Comment.Status.PENDING
        if state == Comment.Status.PENDING:
            return queryset.exclude(lane="")
        return queryset if state == "all" else queryset.filter(status=state)


def action(verb: str):
    """Decide about those that are ticked. Who needs care is never one of many."""

    @admin.action(description=VERDICTS[verb], permissions=["change"])
    def act(model_admin, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        seen = _seen(request)
        comments = list(queryset)
        others = [comment for comment in comments if comment.lane != Comment.Lane.CARE]
        changed = sum(
            getattr(comment, verb)(by=request.user, seen=seen.get(comment.pk)) for comment in others
        )
        model_admin.say(request, verb, changed, len(others) - changed)
        model_admin.say_alone(request, len(comments) - len(others))

    act.__name__ = verb
    return act


def _seen(request: HttpRequest) -> dict[int, int]:
    """Which revision of each reply stood in the list that was looked at."""
    pairs = (pair.partition("-") for pair in request.POST.getlist("seen"))
    return {
        int(pk): int(revision)
        for pk, _dash, revision in pairs
        if pk.isdecimal() and revision.isdecimal() and len(pk + revision) < 30
    }
