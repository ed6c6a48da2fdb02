"""What every request passes through: access log, headers, the publication, public forms."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from blog import models as blog
from config import limits

log = logging.getLogger("afterword.access")


class AccessLog:
    """Method, route name, status and time: no path, no address, nothing that names an illness."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        start = time.perf_counter()
        response = self.get_response(request)
        match = getattr(request, "resolver_match", None)
        route = match.view_name if match else "-"
        took = (time.perf_counter() - start) * 1000
        log.info("%s %s %s %.0fms", request.method, route, response.status_code, took)
        return response


class SiteHeaders:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", "interest-cohort=(), browsing-topics=()")
        return response


class Publication:
    """Whose site this is: its language and time zone hold for the whole request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.publication = blog.Publication.current()
        with (
            translation.override(request.publication.language),
            timezone.override(request.publication.zone),
        ):
            return self.get_response(request)


class PublicForms:
    """Refuses other sites' posts and counts the rest, for views that carry no CSRF cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.client = client_hash(request)
        request.doubt = ""
        request.retry_after = None
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method in {"GET", "HEAD", "OPTIONS"} or request.path.startswith("/admin/"):
            return None
        if getattr(view, "from_anywhere", False):
            return None
        if not is_same_origin(request):
            request.doubt = "elsewhere"
        request.retry_after = over_limit(request)
        if getattr(view, "gives_text_back", False):
            return None
        if request.doubt:
            return render(request, "403.html", status=403)
        if request.retry_after:
            return render(request, "429.html", status=429)
        return None


def is_same_origin(request) -> bool:
    """By what browsers themselves say: `Sec-Fetch-Site`, else (on plain http) `Origin`."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return origin in {
        settings.SITE_URL,
        f"{request.scheme}://{request.get_host()}",
    }


def client_hash(request) -> str:
    """Today's keyed hash of the client's address: good for counting, useless tomorrow."""
    day = timezone.now().date().isoformat()
    return salted_hmac(f"client:{day}", address(request), algorithm="sha256").hexdigest()


def address(request) -> str:
    """The client's network address. A proxy on this machine is believed in its last word only."""
    peer = request.META.get("REMOTE_ADDR", "")
    if peer in {"", "127.0.0.1", "::1"}:
        return request.headers.get("X-Forwarded-For", peer).rsplit(",", 1)[-1].strip()
    return peer


def over_limit(request) -> timedelta | None:
    """How long to wait, when this client did this too often; counts this time too."""
    route = request.resolver_match.view_name
    limit = limits.LIMITS.get(route, limits.EVERYTHING_ELSE)
    seconds = int(limit.within.total_seconds())
    window = int(time.time()) // seconds
    key = f"limit:{route}:{request.client}:{window}"
    cache.add(key, 0, timeout=seconds)
    if cache.incr(key) <= limit.times:
        return None
    return timedelta(seconds=seconds - int(time.time()) % seconds)
