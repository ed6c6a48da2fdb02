"""What every request passes through: access log, headers, the publication, public forms."""

from __future__ import annotations

import ipaddress
import logging
import time
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from blog import models as blog
from config.faults import note_fault
from config.limits import limit_of

log = logging.getLogger("afterword.access")
# Not faults of ours.
ANSWERS = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)
DEVELOPERS_PAGES = {
    404,
    500,
}  # with DEBUG they are Django's own, and bring styles and scripts along
READING = {"GET", "HEAD", "OPTIONS"}
SELDOM = {"http": "80", "https": "443"}  # ports that browsers leave out of an origin


class AccessLog:
    """Method, route name, status and time: no path, no address, nothing that names an illness."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.nobodys = blog.Publication()  # for pages that say no before it is looked up

    def __call__(self, request):
        start = time.perf_counter()
        request.publication = self.nobodys
        response = self.get_response(request)
        took = (time.perf_counter() - start) * 1000
        log.info("%s %s %s %.0fms", request.method, route(request), response.status_code, took)
        return response

    def process_exception(self, request, exception):
        """Where it broke, without the error's own words: a database quotes people's addresses."""
        if isinstance(exception, ANSWERS):
            return
        note_fault(exception, where=route(request))


class SiteHeaders:
    """On everything that leaves, static files and error pages included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in DEVELOPERS_PAGES):
            policy = settings.CONTENT_SECURITY_POLICY  # one for every page: nothing to work out
            response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "interest-cohort=(), browsing-topics=()")
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if not getattr(response, "xframe_options_exempt", False):
            response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


class Publication:
    """Whose site this is: its language and time zone hold for the whole request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path != "/healthz":  # alive means alive, also without a database
            request.publication = self._current()
        with (
            translation.override(request.publication.language),
            timezone.override(request.publication.zone),
        ):
            return self.get_response(request)

    def _current(self) -> blog.Publication:
        try:
            return blog.Publication.current()
        except DatabaseError:  # so that the error page can be drawn, and /readyz can say so
            return blog.Publication()


class PublicForms:
    """Refuses other sites' posts and counts the rest, for views that carry no CSRF cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.client = client_hash(request)
        request.doubt = ""
        request.retry_after = None
        request.is_crowded = False
        request.count = partial(count_post, request)
        response = self.get_response(request)
        if response.status_code == 429 and request.retry_after:
            seconds = int(request.retry_after.total_seconds())
            response.headers.setdefault("Retry-After", str(seconds))
        return response

    def process_view(self, request, view, args, kwargs):
        if request.method in READING or request.path.startswith("/admin/"):
            return None
        if getattr(view, "from_anywhere", False):
            return None
        if not is_same_origin(request):
            request.doubt = "elsewhere"
        if not getattr(view, "counts_itself", False):
            request.count()
        if getattr(view, "gives_text_back", False):
            return None
        if request.doubt:
            return render(request, "403.html", status=403)
        if request.retry_after:
            return render(request, "429.html", status=429)
        return None


def route(request) -> str:
    match = getattr(request, "resolver_match", None)
    return match.view_name or "-" if match else "-"


def is_same_origin(request) -> bool:
    """By what browsers themselves say: `Sec-Fetch-Site`, else (on plain http) `Origin`."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    here = f"{request.scheme}://{request.get_host()}"
    return origin(request.headers.get("Origin", "")) in {origin(settings.SITE_URL), origin(here)}


def origin(url: str) -> str | None:
    """Scheme, host and port as browsers write them; None for `null`, nothing and nonsense."""
    try:
        parts = urlsplit(url)
        port = str(parts.port or SELDOM[parts.scheme])
    except (ValueError, KeyError):
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.hostname else None


def client_hash(request) -> str:
    """Today's keyed hash of the client's address: good for counting, useless tomorrow."""
    day = timezone.now().date().isoformat()
    return salted_hmac(f"client:{day}", network(address(request)), algorithm="sha256").hexdigest()


def address(request) -> str:
    """The client's network address. A proxy on this machine is believed in its last word only."""
    peer = request.META.get("REMOTE_ADDR", "")
    if peer in {"", "127.0.0.1", "::1"}:
        return request.headers.get("X-Forwarded-For", peer).rsplit(",", 1)[-1].strip()
    return peer


def network(address: str) -> str:
    """What one subscriber of a provider has: an IPv4 address, or 64 bits of IPv6."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return address
    if number.version == 4:
        return str(number)
    if number.ipv4_mapped:
        return str(number.ipv4_mapped)
    return str(ipaddress.IPv6Network((number.packed[:8] + bytes(8), 64)))


def count_post(request, also: dict[str, int] | None = None) -> list[int]:
    """Count this post: says on the request how long to wait, when its client did this too often.

    `also`: what else is counted in the same journey (see `ForgivingCache.count`), whose numbers
    it returns.
    """
    name, limit, now = route(request), limit_of(route(request)), int(time.time())
    seconds = int(limit.within.total_seconds())
    crowd = {f"crowd:{name}:{now // 60}": 60} if limit.a_minute else {}
    times = {f"limit:{name}:{request.client}:{now // seconds}": seconds} | crowd | (also or {})
    own, *rest = cache.count(times)  # type: ignore[attr-defined]  # see broker.py
    request.is_crowded = any(count > limit.a_minute for count in rest[: len(crowd)])
    if own > limit.times:
        request.retry_after = timedelta(seconds=seconds - now % seconds)
    return rest[len(crowd) :]
