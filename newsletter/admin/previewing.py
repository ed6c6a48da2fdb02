"""A letter as readers get it, before they do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from newsletter import mail, tokens
from newsletter.models import Issue

from .pages import may_look, show


def mine() -> str:
    """Stands where each reader's own token goes: like a test's, it changes nothing."""
    return tokens.make(tokens.PROOF, tokens.numbered(0))


@may_look
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Both subjects and the plain part; the other part has a page of its own."""
    issue = get_object_or_404(Issue.objects.with_words(), pk=pk)
    form, quiet = issue.form(), issue.form(quiet=True)
    facts = {
        "issue": issue,
        "form": form,
        "quiet": quiet,
        "text": form.filled_alike(form.text, mine()),
    }
    return show(request, "preview", facts, title=_("Preview"))


@may_look
@require_safe
def html_part(request: HttpRequest, pk: int) -> HttpResponse:
    """As a mail program draws it, in a response of its own that alone has inline styles."""
    form = get_object_or_404(Issue.objects.with_words(), pk=pk).form(quiet="quiet" in request.GET)
    html = form.filled_alike(form.html, mine())
    return HttpResponse(html, headers={"Content-Security-Policy": mail.POLICY})
