"""An issue on its way: how far it is, and the buttons that stop it, slow it and try again."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.models import Issue
from newsletter.models.progress import Progress

from .pages import may_change, may_look, show

SPEEDS = [1, 10, 60, 300, 1000]
Status = Issue.Status


@may_look
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says how far it is, POST does what the button says."""
    issue = get_object_or_404(Issue.objects.select_related("edition"), pk=pk)
    if request.method == "POST":
        return _do(request, issue)
    if issue.is_open and _may(request, "change_issue"):
        return redirect("admin:newsletter_issue_compose", issue.edition.kind)
    progress = issue.progress
    facts = {
        "issue": issue,
        "progress": progress,
        "state": state_in_words(issue, progress),
        "may_change": _may(request, "change_issue"),
        "may_resend": _may_resend(request) and issue.status != Status.CANCELLED,
        "may_see_held": _may(request, "view_delivery"),
        "failed_for_now": progress.equation.failed - progress.bounced,
        "speeds": sorted({*SPEEDS, issue.per_minute or 1}),
        "is_going": issue.status in {Status.SENDING, Status.PAUSED},
    }
    return show(request, "watch", facts, title=str(issue))


@may_change
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """One button, whatever has happened meanwhile: it takes back, or pauses, or says too late."""
    issue = get_object_or_404(Issue, pk=pk)
    if issue.take_back():
        messages.success(request, _("Stopped. 0 sent."))
    elif issue.pause():
        messages.success(request, _stopped(issue.progress))
    else:
        messages.info(request, state_in_words(issue, issue.progress))
    return redirect("admin:newsletter_issue_change", pk)


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cannot be undone, so it is asked once more, on a page of its own."""
    issue = get_object_or_404(Issue.objects.select_related("edition"), pk=pk)
    if request.method != "POST":
        title = _("Cancel the rest?") if issue.started_at else _("Skip this letter?")
        return show(request, "cancel", {"issue": issue, "progress": issue.progress}, title=title)
    # Asked about skipping it, nobody said that the rest of one on its way be cancelled for good.
    if not issue.cancel(also_begun=request.POST.get("asked") != "skip"):
        messages.info(request, state_in_words(issue, issue.progress))
    elif issue.started_at:
        messages.success(request, _("Cancelled. Nobody else gets it."))
    elif issue.edition.has_slots:
        messages.success(request, _("Skipped. Nobody got it, and its posts wait for the next one."))
    else:
        messages.success(request, _("Skipped. Nobody gets it, also not later."))
    return redirect("admin:newsletter_issue_change", pk)


def state_in_words(issue: Issue, progress: Progress) -> str:
    """Where it is, in one or two sentences."""
    if issue.is_open:
        return _("It has not started. 0 sent.")
    if issue.status == Status.EMPTY:
        return _("There was nothing in it, so nothing was sent.")
    if issue.status == Status.CANCELLED:
        return f"{_('Cancelled.')} {_have_it(progress)}" if issue.started_at else _("Skipped.")
    if issue.status == Status.PAUSED:
        return _stopped(progress)
    if issue.status == Status.SENT:
        return f"{_('It is sent.')} {_have_it(progress)}"
    return f"{_('It is on its way.')} {_have_it(progress)}"


def _stopped(progress: Progress) -> str:
    return f"{_('Stopped.')} {_have_it(progress)}"


def _have_it(progress: Progress) -> str:
    if progress.freezing:
        return _("%(sent)d have it; we are still counting the readers…") % {
            "sent": progress.equation.sent
        }
    sent = progress.equation.sent
    words = ngettext("%(sent)d of %(all)d has it.", "%(sent)d of %(all)d have it.", sent)
    return words % {"sent": sent, "all": progress.people}


def _do(request: HttpRequest, issue: Issue) -> HttpResponse:
    needs, verb = VERBS.get(request.POST.get("do", ""), (_may_change, _nothing))
    if not needs(request):
        raise PermissionDenied
    verb(request, issue)
    return redirect("admin:newsletter_issue_change", issue.pk)


def _nothing(request: HttpRequest, issue: Issue) -> None:
    """A button that this page does not have."""


def _go_on(request: HttpRequest, issue: Issue) -> None:
    if issue.resume():
        messages.success(request, _("It goes on."))
    else:
        messages.info(request, state_in_words(issue, issue.progress))


def _speed(request: HttpRequest, issue: Issue) -> None:
    wish = request.POST.get("per_minute", "")
    speeds = {str(speed): speed for speed in [*SPEEDS, issue.per_minute] if speed}
    if wish and wish not in speeds:
        return _nothing(request, issue)
    per_minute = speeds.get(wish)
    if not issue.set_speed(per_minute):
        messages.info(request, state_in_words(issue, issue.progress))
    elif per_minute:
        said = ngettext(
            "From now on at most one a minute.",
            "From now on at most %(count)d a minute.",
            per_minute,
        )
        messages.success(request, said % {"count": per_minute})
    else:
        messages.success(request, _("From now on as fast as the mail server takes them."))


def _resend(request: HttpRequest, issue: Issue) -> None:
    _say_again(request, issue.resend_held())


def _retry(request: HttpRequest, issue: Issue) -> None:
    _say_again(request, issue.retry_failed())


def _say_again(request: HttpRequest, count: int) -> None:
    if not count:
        messages.info(request, _("There was nobody left to try again."))
        return
    said = ngettext("One letter goes again.", "%(count)d letters go again.", count)
    messages.success(request, said % {"count": count})


def _may(request: HttpRequest, right: str) -> bool:
    return request.user.has_perm(f"newsletter.{right}")  # type: ignore[union-attr]


def _may_change(request: HttpRequest) -> bool:
    return _may(request, "change_issue")


def _may_resend(request: HttpRequest) -> bool:
    return _may_change(request) or _may(request, "change_delivery")


VERBS: dict[str, tuple[Callable, Callable]] = {
    "go-on": (_may_change, _go_on),
    "speed": (_may_change, _speed),
    "resend": (_may_resend, _resend),
    "retry": (_may_resend, _retry),
}
