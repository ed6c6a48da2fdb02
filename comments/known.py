"""Whose device this is: a cookie that a person asked for, naming the writer of their replies.

Only a POST with the tick sets it, and only posts read it: pages are the same for everybody.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from comments.models import Writer
from newsletter import tokens

COOKIE = "known-here"
PURPOSE = "known"
KEPT = timedelta(days=400)  # browsers keep none for longer


def mark(response: HttpResponse, writer: Writer) -> None:
    """From now on this device's replies are theirs. Raising their `link_version` revokes it."""
    response.set_cookie(
        COOKIE,
        tokens.make(PURPOSE, writer.public_id, writer.link_version),
        max_age=KEPT,
        path=_path(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def writer_of(request: HttpRequest) -> Writer | None:
    """Who writes on this device, if they asked to be known; what this site never made is nobody.

    So is who was found to be somebody else: any stranger who typed that one's address.
    """
    cookie = request.COOKIES.get(COOKIE, "")
    writer = Writer.objects.with_token(cookie, PURPOSE) if cookie else None
    return None if writer and writer.same_as else writer


def is_known(request: HttpRequest, writer: Writer) -> bool:
    return writer_of(request) == writer


def forget(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path=_path(), samesite="Lax")


def _path() -> str:
    """Above all pages of replies, and no others."""
    return reverse("comments:mine", args=["-"]).removesuffix("mine/-/")
