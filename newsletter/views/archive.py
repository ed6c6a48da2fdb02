"""Letters that were sent, on the web: the same words for everybody, nobody's link in them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from blog.feeds import JSON, RSS, absolute, plain
from blog.models import Publication
from newsletter import digest
from newsletter.models import Issue

LETTERS_IN_A_FEED = 20


@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    sent = Issue.objects.listed().only("public_id", "subject", "period", "finished_at")
    return render(request, "newsletter/issues.html", {"here": "newsletter", "issues": sent})


@require_safe
def issue(request: HttpRequest, public_id: str) -> HttpResponse:
    """From the moment when the first mail may leave: each mail leads here."""
    issue = get_object_or_404(Issue.objects.archived(), public_id=public_id)
    if issue.status == Issue.Status.CANCELLED:
        return render(request, "newsletter/taken_back.html", {"here": "newsletter"}, status=410)
    return render(request, "newsletter/issue.html", {"here": "newsletter"} | _facts(issue))


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """RSS 2.0: each letter as its page has it."""
    publication = request.publication  # type: ignore[attr-defined]
    rss = Rss201rev2Feed(
        title=plain(_title(publication)),
        link=absolute(reverse("newsletter:issues")),
        description=plain(publication.tagline),
        language=publication.language,
        feed_url=absolute(reverse("newsletter:feed")),
    )
    for issue in _latest():
        address = absolute(issue.get_absolute_url())
        rss.add_item(
            title=plain(issue.subject),
            link=address,
            description=plain(_html(issue)),
            pubdate=issue.started_at,
            unique_id=address,
        )
    return HttpResponse(rss.writeString("utf-8"), content_type=RSS)


@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    """JSON Feed 1.1, with the same."""
    publication = request.publication  # type: ignore[attr-defined]
    words = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(publication),
        "home_page_url": absolute(reverse("newsletter:issues")),
        "feed_url": absolute(reverse("newsletter:json-feed")),
        "description": publication.tagline,
        "language": publication.language,
        "items": [
            {
                "id": absolute(issue.get_absolute_url()),
                "url": absolute(issue.get_absolute_url()),
                "title": issue.subject,
                "content_html": _html(issue),
                "date_published": issue.started_at,
            }
            for issue in _latest()
        ],
    }
    return JsonResponse(words, content_type=JSON, json_dumps_params={"ensure_ascii": False})


def _latest() -> list[Issue]:
    return list(Issue.objects.listed()[:LETTERS_IN_A_FEED])


def _title(publication: Publication) -> str:
    return _("%(name)s: letters") % {"name": publication.name}


def _html(issue: Issue) -> str:
    site = absolute("")
    return render_to_string("newsletter/feed_item.html", _facts(issue) | {"site": site}).strip()


def _facts(issue: Issue) -> dict[str, Any]:
    """Asked anew each time: a quote may have been taken back."""
    return {
        "issue": issue,
        "letter": digest.letter(issue.words),
        "quotes": [chosen.quote for chosen in issue.chosen_quotes.standing()],
    }
