"""Issues in the admin: the list of them, and the addresses of the pages about one."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from newsletter import preflight
from newsletter.models import Edition, Issue

from . import composing, plots, previewing, watching
from .pages import ReadOnly, may_change, show


@admin.register(Issue)
class IssueAdmin(ReadOnly):
    list_display = ["__str__", "edition", "status", "period", "became"]
    list_filter = ["status", "edition"]
    list_select_related = ["edition"]
    list_per_page = 25

    def get_urls(self):
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("send-now/", send_now, "send_now"),
            ("plots/", plots.plots, "plots"),
            ("<int:pk>/preview/", previewing.preview, "preview"),
            ("<int:pk>/preview/html/", previewing.html_part, "preview_html"),
            ("<int:pk>/stop/", watching.stop, "stop"),
            ("<int:pk>/cancel/", watching.cancel, "cancel"),
            ("<int:pk>/change/", watching.watch, "change"),
        ]
        view = self.admin_site.admin_view
        own = [path(route, view(page), name=f"newsletter_issue_{n}") for route, page, n in pages]
        kept = composing.with_words_kept(view(composing.compose))
        own.append(path("compose/<slug:kind>/", kept, name="newsletter_issue_compose"))
        return [*own, *super().get_urls()]

    @admin.display(description=gettext_lazy("what became of it"))
    def became(self, issue: Issue) -> str:
        return issue.equation.in_words if issue.started_at else _("Not started.")


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def send_now(request: HttpRequest) -> HttpResponse:
    """GET shows what would go and to how many, POST sends it: once, however often pressed."""
    if request.method == "POST":
        return _sent(request, Edition.objects.weekly())
    weekly = Edition.objects.filter(kind=Edition.Kind.WEEKLY).first()
    facts = {
        "edition": weekly,
        "posts": weekly.would_bring() if weekly else [],
        "people": weekly.audience().count() if weekly else 0,
        "next_slot": weekly and weekly.goes_at(),
    }
    return show(request, "send_now", facts, title=_("Send this week’s digest now"))


def _sent(request: HttpRequest, weekly: Edition) -> HttpResponse:
    draft = weekly.draft()
    if draft and preflight.of(draft).stops:
        messages.error(request, _("It cannot go like this: see what is wrong, below."))
        return redirect(f"{reverse('admin:newsletter_issue_compose', args=[weekly.kind])}#checks")
    issue = weekly.send_now()
    if issue is None:
        messages.info(request, _("Nothing new since the last letter, so nothing was sent."))
        return redirect("admin:newsletter_issue_changelist")
    messages.success(request, _("“%(subject)s” is on its way.") % {"subject": issue.subject})
    return redirect("admin:newsletter_issue_change", issue.pk)
