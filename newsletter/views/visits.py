"""Who came by a link of their own, and how much that link may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from blog.forms import SeeOther, doubt_status
from newsletter import tokens
from newsletter.models import Memo, Subscriber


@dataclass(frozen=True)
class Visit:
    """Somebody with a link. Fresh: it came to their mailbox within a day.

    Any letter may be forwarded, so the link at its foot shows no address and no story, and never
    starts letters again for who left. All that takes a fresh one.
    """

    subscriber: Subscriber
    token: str
    is_fresh: bool

    @classmethod
    def by(cls, token: str) -> Visit | None:
        """None: this site never made that link, or it was revoked."""
        if subscriber := Subscriber.objects.with_token(token, tokens.MANAGE):
            return cls(subscriber, token, is_fresh=False)
        memo = Memo.objects.with_secret(token, Memo.Kind.LINK)
        return cls(memo.person, token, memo.is_fresh) if memo else None

    @property
    def may_choose(self) -> bool:
        return self.subscriber.is_in or self.is_fresh

    def send_link(self, leads_to: str = "") -> SeeOther:
        self.subscriber.memos.send_link(self.subscriber, leads_to)
        return SeeOther(reverse("newsletter:link-sent"))


def is_sure(request) -> bool:
    """A press that came from our own page, and not one too many."""
    return request.method == "POST" and not request.doubt and not request.retry_after


def show(request, page: str, facts: dict | None = None, *, status: int = 0) -> HttpResponse:
    context = {"here": "newsletter"} | (facts or {})
    status = status or doubt_status(request)
    return render(request, f"newsletter/{page}.html", context, status=status)


def no_such_link(request, token: str) -> HttpResponse:
    """One of a test letter; or none that leads to anybody."""
    if tokens.proves(token, tokens.PROOF):
        return show(request, "was_a_test")
    return show(request, "no_own_page", status=404)
