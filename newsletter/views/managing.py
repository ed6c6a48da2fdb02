"""A person's own page, by the link at the foot of their letters."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter import tokens
from newsletter.models import Subscriber


@require_safe
def manage(request: HttpRequest, token: str) -> HttpResponse:
    if tokens.proves(token, tokens.PROOF):
        return render(request, "newsletter/was_a_test.html", {"here": "newsletter"})
    page, status = "already_in", 200
    if Subscriber.objects.with_token(token, tokens.MANAGE) is None:
        page, status = "no_such_link", 404
    return render(request, f"newsletter/{page}.html", {"here": "newsletter"}, status=status)
