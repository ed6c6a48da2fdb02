"""Mails about replies: proving an address, watching a thread, and the ways out of each kind."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog import markup
from blog.forms import SeeOther, doubt_status, public_form
from blog.models import Post
from blog.private import private
from comments import proving
from comments.emails import stops
from comments.models import Receipt, Watch, Writer
from comments.models.receipts import PROVE
from comments.models.writers import SWITCHES
from newsletter import tokens
from newsletter.forms import AddressForm
from newsletter.models import Rush
from newsletter.views.leaving import leaving
from newsletter.views.visits import is_sure

TELLING = {"tell": True, "do-not-tell": False}  # the private page's buttons


@public_form
@private
def prove(request, token: str) -> HttpResponse:
    """GET shows a button, POST proves: mail servers follow links, people press."""
    if not tokens.proves(token, PROVE):
        return _show(request, "no_such_link", status=404)
    receipt = Receipt.objects.with_token(token)
    if receipt is None or (not receipt.used_at and receipt.is_old):
        return _show(request, "rested", status=410)
    if is_sure(request) and proving.prove(receipt):
        return SeeOther(_now_at(receipt))
    return _show(request, "prove", {"receipt": receipt})


@public_form
def watch(request, slug: str) -> HttpResponse:
    """New replies under one post, by mail. The answer is the same for every address."""
    post = get_object_or_404(Post.objects.listed(), slug=slug)
    form = AddressForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_welcome():
        a_minute = Rush.objects.a_minute(is_crowded=request.is_crowded)
        email = form.cleaned_data["email"]
        Watch.objects.ask(email, post, suspicion=form.suspicion, a_minute=a_minute)
        return SeeOther(reverse("comments:check-mail"))
    return _show(request, "watch", {"form": form, "post": post}, status=form.status)


@require_safe
def check_mail(request) -> HttpResponse:
    """The same for every address, known or not."""
    return _show(request, "check_mail")


def elsewhere(request: HttpRequest, writer: Writer) -> HttpResponse:
    """Behind a link whose replies stand on another page by now: the way there is mailed.

    Whoever typed a known person's address may have this link, so it says and opens no more.
    """
    if request.POST.get("step") == "send-link" and is_sure(request):
        writer.send_link()
        return SeeOther(reverse("comments:link-sent"))
    text = markup.clean_text(request.POST.get("text", ""))
    return _show(request, "elsewhere", {"writer": writer, "text": text})


@require_safe
def link_sent(request) -> HttpResponse:
    """The same whether a mail goes or not."""
    return _show(request, "link_sent")


@leaving
def stop(request, kind: str, token: str) -> HttpResponse:
    """POST stops this kind of mail at once, and nothing else: mail programs know this link, too."""
    goes_on = False
    if kind == "thread":
        watch = Watch.objects.with_token(token, stops(kind))
        if watch and request.method == "POST":
            watch.stop()
        goes_on = watch is not None and watch.ended_at is None
    elif kind in SWITCHES:
        writer = Writer.objects.with_stop_token(token, stops(kind))
        if writer and request.method == "POST":
            writer.stop_telling(kind)
        goes_on = writer is not None and writer.is_proved and getattr(writer, f"tell_{kind}")
    # A good link of somebody whose row is gone says what is true: they get no such mail.
    if not tokens.proves(token, stops(kind)):
        return _show(request, "no_such_link", {"leaving": True}, status=404)
    return _show(request, "stop", {"kind": kind, "goes_on": goes_on})


def switch(request: HttpRequest, writer: Writer) -> HttpResponse | None:
    """The private page's switches. None: another button was pressed, or we are not sure of it."""
    step, kind = request.POST.get("step", ""), request.POST.get("mails", "")
    if step not in TELLING or kind not in SWITCHES or not is_sure(request):
        return None
    if TELLING[step]:
        writer.start_telling(kind)
    else:
        writer.stop_telling(kind)
    return SeeOther(f"{writer.get_absolute_url()}#mails")


def _now_at(receipt: Receipt) -> str:
    """Where somebody goes who has proved their address: to their replies, or to what they watch."""
    if receipt.writer:
        return receipt.writer.get_absolute_url()
    return reverse("comments:prove", args=[receipt.token])


def _show(request, page: str, facts: dict | None = None, *, status: int = 0) -> HttpResponse:
    context = {"here": "posts"} | (facts or {})
    status = status or doubt_status(request)
    return render(request, f"comments/letters/{page}.html", context, status=status)
