"""How the letters do: who came and went, and what became of the last issues."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from newsletter.models import Rush
from newsletter.plots import Growth, latest_issues

from .pages import show


@permission_required("newsletter.view_tally", raise_exception=True)
@require_safe
def plots(request: HttpRequest) -> HttpResponse:
    facts = {"growth": Growth.now(), "issues": latest_issues(), "rush": Rush.objects.current()}
    return show(request, "plots", facts, title=_("How the letters do"))
