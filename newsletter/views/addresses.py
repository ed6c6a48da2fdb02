"""Another address: the old mailbox says yes, then the new one, then letters go there."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from blog.forms import SeeOther, public_form
from blog.private import private
from newsletter.forms import NewAddressForm
from newsletter.models import Memo

from .visits import Visit, is_sure, no_such_link, show


@public_form
@private
def address(request, token: str) -> HttpResponse:
    """For a fresh link only. The answer is the same for every address that is typed."""
    visit = Visit.by(token)
    if visit is None:
        return no_such_link(request, token)
    if is_sure(request) and "link" in request.POST:
        return visit.send_link(Memo.Page.ADDRESS)
    if not visit.is_fresh:
        typed = request.POST.get("email", "")
        return show(request, "ask_fresh", {"visit": visit, "wish": "address", "typed": typed})
    if not visit.subscriber.is_in:
        return SeeOther(reverse("newsletter:manage", args=[token]))
    form = NewAddressForm(
        request.POST if request.method == "POST" else None,
        request=request,
        subscriber=visit.subscriber,
    )
    if form.is_welcome():
        visit.subscriber.memos.ask_new_address(visit.subscriber, form.cleaned_data["email"])
        return SeeOther(f"{reverse('newsletter:address', args=[token])}?sent")
    facts = {"visit": visit, "form": form, "sent": "sent" in request.GET}
    return show(request, "address", facts, status=form.status)


@public_form
@private
def new_address(request, secret: str) -> HttpResponse:
    """GET shows a button; the press moves them. Whoever has mistyped shows a stranger nothing."""
    memo = Memo.objects.with_secret(secret, Memo.Kind.NEW_ADDRESS)
    if memo is None:
        return no_such_link(request, secret)
    if is_sure(request) and memo.use_address():
        return SeeOther(reverse("newsletter:new-address", args=[secret]))
    if not memo.used_at and not memo.is_fresh:
        return show(request, "new_address", {"memo": memo, "rested": True}, status=410)
    return show(request, "new_address", {"memo": memo})
