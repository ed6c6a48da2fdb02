"""Leaving, by the one link that mail programs know too. No GET changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from blog.private import private
from newsletter import tokens
from newsletter.models import Issue, Subscriber

from .visits import show


def leaving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A mail program's own button (RFC 8058) sends no cookie, no Origin and no Sec-Fetch-Site: the
    token is the proof, and nobody is counted who wants to leave."""
    view = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(private(view)))
    view.from_anywhere = True  # type: ignore[attr-defined]
    return view


@leaving
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """POST stops letters at once, and nothing else; the page says what goes on."""
    subscriber = Subscriber.objects.with_token(token, tokens.UNSUBSCRIBE)
    if subscriber is None:
        return _nobodys(request, token, tokens.UNSUBSCRIBE)
    if request.method == "POST":
        subscriber.stop_letters()
        for stop in _too(request):
            stop(subscriber)
    return show(request, "unsubscribe", _what_goes_on(subscriber))


@leaving
def unfollow(request: HttpRequest, public_id: str, token: str) -> HttpResponse:
    """POST stops news on the story that this letter was about, and nothing else."""
    subscriber = Subscriber.objects.with_token(token, tokens.UNFOLLOW)
    if subscriber is None:
        return _nobodys(request, token, tokens.UNFOLLOW)
    issue = (
        Issue.objects.started()
        .filter(public_id=tokens.read(public_id))
        .select_related("edition")
        .first()
    )
    if issue is None or not issue.edition.is_of_stories:
        return show(request, "no_such_link", {"leaving": True}, status=404)
    if request.method == "POST":
        subscriber.stop_stories(issue.stories())
    follows = bool(issue.followers_among([subscriber.pk]))
    return show(request, "unfollow", {"follows": follows} | _what_goes_on(subscriber))


def _too(request: HttpRequest) -> list[Callable[[Subscriber], Any]]:
    """What our own page asks. A mail program may send broken words: its press counts, too."""
    try:
        return [stop for name, stop in TOO.items() if name in request.POST]
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        return []


def _nobodys(request: HttpRequest, token: str, purpose: str) -> HttpResponse:
    """A test's link; one of a person whose row is gone; or none that this site ever made."""
    if tokens.proves(token, tokens.PROOF):
        return show(request, "was_a_test")
    if Subscriber.objects.was_somebodys(token, purpose):
        return show(request, "unsubscribe", {"gets_letters": False, "stories": False})
    return show(request, "no_such_link", {"leaving": True}, status=404)


def _what_goes_on(subscriber: Subscriber) -> dict[str, Any]:
    stories = subscriber.is_in and subscriber.follows.going_on().exists()
    return {
        "gets_letters": subscriber.gets_letters,
        "stories": stories,
        "notices": subscriber.gets_notices,
    }


def _stop_stories(subscriber: Subscriber) -> None:
    subscriber.stop_stories(list(subscriber.follows.going_on().values_list("story", flat=True)))


# What the page after the last letter offers to stop as well.
TOO: dict[str, Callable[[Subscriber], Any]] = {
    "stories": _stop_stories,
    "notices": lambda subscriber: subscriber.stop_notices(),
}
