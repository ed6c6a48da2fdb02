"""Lists of people: brought from elsewhere in four steps, and taken away as a file."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from newsletter.lists import kinds, writing
from newsletter.models import Import, Subscriber

from .pages import ReadOnly, show

log = logging.getLogger("afterword.imports")
MAY = "newsletter.change_subscriber"
may_keep_lists = permission_required(MAY, raise_exception=True)
Status = Import.Status


@admin.register(Import)
class ImportAdmin(ReadOnly):
    list_display = ["name", "from_where", "status", "made_at"]
    list_per_page = 25

    def get_urls(self):
        pages: list[tuple[str, Callable, str]] = [
            ("add/", upload, "add"),
            ("export/", export, "export"),
            ("<int:pk>/change/", watch, "change"),
        ]
        view = self.admin_site.admin_view
        own = [path(route, view(page), name=f"newsletter_import_{n}") for route, page, n in pages]
        return [*own, *super().get_urls()]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(MAY)

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm(MAY)

    @admin.display(description=gettext_lazy("exported from"))
    def from_where(self, brought: Import) -> str:
        return label_of(brought)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The file"),
        error_messages={
            "required": gettext_lazy("Please choose a file."),
            "empty": gettext_lazy("There is nothing in this file."),
        },
    )


class StartForm(forms.Form):
    source = forms.CharField(
        label=gettext_lazy("Where did these people agree to get letters?"),
        max_length=200,
        error_messages={
            "required": gettext_lazy(
                "Please say where these people agreed. It is kept with each of them."
            )
        },
    )
    without_proof = forms.ChoiceField(
        choices=Import.WithoutProof.choices,
        initial=Import.WithoutProof.LEAVE,
        widget=forms.RadioSelect,
    )


@may_keep_lists
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """A file is handed in, and read; that alone changes nobody."""
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        brought = Import.objects.receive(file.name, file.chunks(), by=request.user)
        return redirect("admin:newsletter_import_change", brought.pk)
    names = [kind.label for kind in kinds.KINDS]
    return show(request, "list_add", {"form": form, "names": names}, title=_("Bring a list"))


@may_keep_lists
@require_http_methods(["GET", "HEAD", "POST"])
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says how far it is and what became of its lines, POST does what the button says."""
    brought = get_object_or_404(Import, pk=pk)
    form = StartForm(request.POST if request.POST.get("do") == "start" else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        VERBS.get(request.POST.get("do", ""), _nothing)(request, brought, form)
        return redirect("admin:newsletter_import_change", pk)
    facts = {
        "brought": brought,
        "form": form,
        "state": state_in_words(brought),
        "label": label_of(brought),
        "is_going": brought.status in {Status.CHECKING, Status.RUNNING},
        "is_over": brought.status in {Status.DONE, Status.FAILED},
    }
    return show(request, "list_watch", facts, title=brought.name)


@may_keep_lists
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """GET says what is in the file, POST gives it."""
    people = Subscriber.objects.count()
    if request.method != "POST":
        return show(request, "list_export", {"people": people}, title=_("Take the list with you"))
    log.info("export of %d people by account %s", people, request.user.pk)
    name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(writing.pieces(), "text/csv; charset=utf-8", headers=headers)


def label_of(brought: Import) -> str:
    """Whose export it is, by its columns."""
    labels = {kind.name: kind.label for kind in kinds.KINDS}
    return labels.get(brought.kind) or (_("somewhere else") if brought.kind else "")


def state_in_words(brought: Import) -> str:
    """Where it is, in one or two sentences."""
    where = {"line": brought.line, "lines": brought.lines}
    if brought.status == Status.CHECKING:
        return _("We are reading the file. Nothing is changed yet.")
    if brought.status == Status.CHECKED:
        return _("We have read the file. Nothing is changed yet.")
    if brought.status == Status.RUNNING:
        return _("People are coming in: line %(line)d of %(lines)d.") % where
    if brought.status == Status.PAUSED:
        return _("Paused at line %(line)d of %(lines)d.") % where
    if brought.status == Status.FAILED:
        return brought.why_not
    joined = brought.counts.get("joined", 0)
    return ngettext("Done. One person came in.", "Done. %(count)d people came in.", joined) % {
        "count": joined
    }


def _start(request: HttpRequest, brought: Import, form: forms.Form) -> None:
    _say(request, brought, brought.start(**form.cleaned_data), _("It has begun."))


def _pause(request: HttpRequest, brought: Import, form: forms.Form) -> None:
    _say(request, brought, brought.pause(), _("Paused. Who came in is in."))


def _go_on(request: HttpRequest, brought: Import, form: forms.Form) -> None:
    _say(request, brought, brought.resume(), _("It goes on."))


def _give_up(request: HttpRequest, brought: Import, form: forms.Form) -> None:
    _say(request, brought, brought.give_up(), _("The file is deleted."))


def _nothing(request: HttpRequest, brought: Import, form: forms.Form) -> None:
    """A button that this page does not have."""


def _say(request: HttpRequest, brought: Import, happened: bool, words: str) -> None:
    if happened:
        messages.success(request, words)
    else:  # a page that was open while something else happened
        messages.info(request, state_in_words(brought))


VERBS: dict[str, Callable[[HttpRequest, Import, forms.Form], None]] = {
    "start": _start,
    "pause": _pause,
    "go-on": _go_on,
    "give-up": _give_up,
}
