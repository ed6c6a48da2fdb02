"""Letters that were sent, on the web: the same words for everybody, nobody's link in them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from newsletter import digest
from newsletter.models import Issue


@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    sent = Issue.objects.archived().only("public_id", "subject", "period", "finished_at")
    return render(request, "newsletter/issues.html", {"here": "newsletter", "issues": sent})


@require_safe
def issue(request: HttpRequest, public_id: str) -> HttpResponse:
    issue = get_object_or_404(Issue.objects.archived(), public_id=public_id)
    context = {
        "here": "newsletter",
        "issue": issue,
        "letter": digest.letter(issue.words),
        "quotes": [chosen.quote for chosen in issue.chosen_quotes.standing()],
    }
    return render(request, "newsletter/issue.html", context)
