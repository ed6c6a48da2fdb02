"""Pages behind a link of one person's own."""

from __future__ import annotations

from functools import wraps

from django.http import HttpResponse


def kept_private(response: HttpResponse) -> HttpResponse:
    """Nobody keeps a copy of it, and no search engine finds it or follows its links."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def private(view):
    """All that this view answers is for one person."""

    @wraps(view)
    def wrapped(*args, **kwargs):
        return kept_private(view(*args, **kwargs))

    return wrapped
