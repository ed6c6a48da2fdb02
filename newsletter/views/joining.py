"""Signing up and confirming. No GET changes anything: mail servers follow links."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.forms import SeeOther, doubt_status, public_form
from blog.models import Page
from newsletter import tokens
from newsletter.forms import SignUpForm
from newsletter.models import Confirmation, Edition, Issue, Subscriber

State = Confirmation.State


@public_form
def sign_up(request) -> HttpResponse:
    form = SignUpForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_welcome():
        wish = form.cleaned_data
        Subscriber.objects.sign_up(wish["email"], page=wish["page"], suspicion=form.suspicion)
        return SeeOther(reverse("newsletter:check-mail"))
    page = Page.objects.filter(slug="newsletter").first()
    return _show(request, "sign_up", {"form": form, "page": page}, status=form.status)


@require_safe
def check_mail(request) -> HttpResponse:
    """The same for every address, known or not."""
    return _show(request, "check_mail")


@public_form
def confirm(request, token: str) -> HttpResponse:
    """GET shows a button, POST confirms; a link that is no good any more says what to do."""
    if not tokens.proves(token, tokens.CONFIRM):
        return _show(request, "no_such_link", status=404)
    confirmation = Confirmation.objects.with_token(token)
    if confirmation is None or confirmation.state is State.OLD:
        return _show(request, "rested", status=410)
    if request.method == "POST" and not request.doubt and not request.retry_after:
        return _confirmed(request, confirmation)
    return _ask(request, confirmation)


@require_safe
def confirmed(request) -> HttpResponse:
    weekly = Edition.objects.filter(kind=Edition.Kind.WEEKLY).first()
    facts = {"next_slot": weekly and weekly.next_slot(), "last": Issue.objects.sent().first()}
    return _show(request, "confirmed", facts)


def _confirmed(request, confirmation: Confirmation) -> HttpResponse:
    if confirmation.confirm() or confirmation.state is State.IN:
        return SeeOther(reverse("newsletter:confirmed"))
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
    return _show(request, page, status=doubt_status(request))


def _show(request, page: str, facts: dict | None = None, **kwargs) -> HttpResponse:
    context = {"here": "newsletter"} | (facts or {})
    return render(request, f"newsletter/{page}.html", context, **kwargs)
