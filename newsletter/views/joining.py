"""Signing up and confirming. No GET changes anything: mail servers follow links."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.forms import SeeOther, public_form
from blog.models import Page, Post
from blog.private import private
from newsletter import hand, tokens
from newsletter.forms import FollowForm, SignUpForm
from newsletter.models import Confirmation, Rush, Subscriber
from newsletter.models.rushes import IN_A_RUSH

from .visits import is_sure, show

State = Confirmation.State


@public_form
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_welcome():
        return _taken(request, form)
    page = Page.objects.filter(slug="newsletter").first()
    return show(request, "sign_up", {"form": form, "page": page}, status=form.status)


@public_form
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """News on one story: asked for like letters, and without them."""
    story = get_object_or_404(Post.objects.listed(), slug=slug)
    form = FollowForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_welcome():
        return _taken(request, form, story=story)
    return show(request, "follow", {"form": form, "story": story}, status=form.status)


@require_safe
def check_mail(request: HttpRequest) -> HttpResponse:
    """The same for every address, known or not."""
    return show(request, "check_mail")


@public_form
@private
def confirm(request, token: str) -> HttpResponse:
    """GET shows a button, POST confirms; a link that is no good any more says what to do."""
    if not tokens.proves(token, tokens.CONFIRM):
        return show(request, "no_such_link", status=404)
    confirmation = Confirmation.objects.with_token(token)
    if confirmation is None or confirmation.state is State.OLD:
        return show(request, "rested", status=410)
    if is_sure(request):
        return _confirmed(request, confirmation)
    return _ask(request, confirmation)


def _taken(request, form: SignUpForm, *, story: Post | None = None) -> HttpResponse:
    """The same answer, after the same work, whosever address it is."""
    a_minute = Rush.objects.a_minute(is_crowded=request.is_crowded)
    if a_minute == IN_A_RUSH and "sure" not in request.POST:
        return show(request, "once_more", {"form": form})
    wish = form.cleaned_data
    Subscriber.objects.sign_up(
        wish["email"],
        page=wish["page"],
        suspicion=form.suspicion,
        letters=story is None or wish["letters"],
        story=story,
        a_minute=a_minute,
    )
    response = SeeOther(reverse("newsletter:check-mail"))
    hand.mark(response, wish["email"])
    return response


def _confirmed(request, confirmation: Confirmation) -> HttpResponse:
    if confirmation.confirm() or confirmation.state is State.IN:
        own_page = reverse("newsletter:manage", args=[confirmation.subscriber.manage_token])
        return SeeOther(f"{own_page}?joined=1")
    if confirmation.state is State.REPLACED and "again" in request.POST:
        confirmation.replace()
        return SeeOther(reverse("newsletter:check-mail"))
    return _ask(request, confirmation)


def _ask(request, confirmation: Confirmation) -> HttpResponse:
    page = {
        State.OPEN: "confirm",
        State.IN: "already_in",
        State.REPLACED: "replaced",
        State.LEFT: "left_since",
    }[confirmation.state]
    facts = {
        "confirmation": confirmation,
        "at_once": request.method == "GET" and hand.typed(request, confirmation.subscriber.email),
    }
    return show(request, page, facts)
