"""By whose hand an address was typed: a cookie that lets the same browser confirm by itself.

The sign-up's own POST sets it, for every address alike; only the confirming pages read it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from newsletter import tokens

COOKIE = "signed-up-here"
SALT = "newsletter.hand"
KEPT = timedelta(days=30)  # as long as the link in the mail


def mark(response: HttpResponse, email: str) -> None:
    """This browser typed that address. Its keyed hash is all that the cookie holds."""
    response.set_cookie(
        COOKIE,
        signing.dumps(tokens.address_hashes(email)[0], salt=SALT),
        max_age=KEPT,
        path=reverse("newsletter:confirm", args=["-"]).removesuffix("-/"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def typed(request: HttpRequest, email: str) -> bool:
    """Whether this very browser typed that address: then the page may press its own button.

    What only looks (a mail server's scanner, a browser that reads ahead) has no such cookie.
    """
    if "Sec-Purpose" in request.headers:
        return False
    try:
        said = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return False
    return any(constant_time_compare(str(said), hash) for hash in tokens.address_hashes(email))
