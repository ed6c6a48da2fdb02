"""One's own letters without a password. No GET changes anything: mail servers follow links."""

from __future__ import annotations

import re
from datetime import date

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.forms import SeeOther, public_form
from blog.models import Post
from blog.private import private
from newsletter import emails, promises, schedule
from newsletter.forms import AddressForm, ChoicesForm
from newsletter.models import Edition, Issue, Memo, Subscriber

from .visits import Visit, is_sure, no_such_link, show

PAUSES = {"1": 1, "3": 3, "6": 6}  # months
SLUG = re.compile(r"[-\w]+")
DONE = {"saved", "paused", "resumed", "started"}


@public_form
@private
def find_link(request) -> HttpResponse:
    """The answer is the same for every address, whoever has it."""
    form = AddressForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_welcome():
        suspicion = form.suspicion if form.suspicion == "honeypot" else ""
        Memo.objects.ask_for_link(form.cleaned_data["email"], suspicion=suspicion)
        return SeeOther(reverse("newsletter:link-sent"))
    return show(request, "find_link", {"form": form}, status=form.status)


@require_safe
@private
def link_sent(request) -> HttpResponse:
    return show(request, "link_sent")


@public_form
@private
def manage(request, token: str) -> HttpResponse:
    """What they get, with everything that changes it. Each press answers with what is true now."""
    visit = Visit.by(token)
    if visit is None:
        return no_such_link(request, token)
    if request.method == "POST" and "stop" in request.POST:
        return _stop(request, visit)  # nobody may be kept from leaving
    form = ChoicesForm(
        request.POST if "save" in request.POST else None, subscriber=visit.subscriber
    )
    if is_sure(request) and (answer := _pressed(request, visit, form)):
        return answer
    return _own_page(request, visit, form)


@public_form
@private
def stories(request, token: str) -> HttpResponse:
    """The stories that they follow, for a fresh link only: titles say much about a reader."""
    visit = Visit.by(token)
    if visit is None:
        return no_such_link(request, token)
    if is_sure(request) and "link" in request.POST:
        return visit.send_link(Memo.Page.STORIES)
    if not visit.is_fresh:
        return show(request, "ask_fresh", {"visit": visit, "wish": "stories"})
    if is_sure(request) and (answer := _story_pressed(request, visit)):
        return answer
    facts = {
        "visit": visit,
        "follows": visit.subscriber.follows.going_on().select_related("story"),
        "ended": _story(visit.subscriber, request.GET.get("ended", "")),
    }
    return show(request, "stories", facts)


def _pressed(request, visit: Visit, form: ChoicesForm) -> HttpResponse | None:
    """What the button does; None when something is to be mended first."""
    person, pressed = visit.subscriber, request.POST
    if "link" in pressed:
        return visit.send_link()
    if "again" in pressed and person.start_again(pressed["again"]):
        return _back(visit, "started")
    if "pause" in pressed and (months := PAUSES.get(pressed["pause"])):
        return _back(visit, "paused" if person.pause(until=_in_months(months)) else "")
    if "resume" in pressed:
        return _back(visit, "resumed" if person.resume() else "")
    if visit.may_choose and form.is_valid():
        with transaction.atomic():
            started = visit.is_fresh and person.confirm(letters=False)
            form.save()
        return _back(visit, "started" if started else "saved")
    return None


def _stop(request, visit: Visit) -> HttpResponse:
    """One press, no questions; who pressed may take it back on the page that follows."""
    person = visit.subscriber
    stop = {"all": person.unsubscribe, "notices": person.stop_notices}
    stopped = stop.get(request.POST["stop"], person.stop_letters)()
    if stopped and not person.is_in:
        return SeeOther(f"{_page(visit)}?stopped={person.again_token}")
    return _back(visit, "saved")


def _own_page(request, visit: Visit, form: ChoicesForm) -> HttpResponse:
    person = visit.subscriber
    again = request.GET.get("stopped", "")
    facts = {
        "visit": visit,
        "person": person,
        "form": form,
        "true_now": promises.sentences(person),
        "stories": person.follows.going_on().count(),
        "pauses": [(str(months), months, _in_months(months)) for months in PAUSES.values()],
        "examples": _subjects(request.publication),
        "done": request.GET.get("done") if request.GET.get("done") in DONE else "",
        "again": again if not person.is_in and again == person.again_token else "",
        "joined": "joined" in request.GET and person.is_in,
        "next_slot": _next_slot(person.frequency),
        "last": Issue.objects.sent().first(),
    }
    return show(request, "manage", facts, status=400 if form.errors and is_sure(request) else 0)


def _story_pressed(request, visit: Visit) -> HttpResponse | None:
    person, slug = visit.subscriber, request.POST.get("end") or request.POST.get("follow")
    story = _story(person, slug or "")
    if story is None:
        return None
    here = reverse("newsletter:stories", args=[visit.token])
    if "follow" in request.POST:
        person.follow_again(story)
        return SeeOther(here)
    person.stop_stories([story])
    return SeeOther(f"{here}?ended={story.slug}")


def _story(person: Subscriber, slug: str) -> Post | None:
    """One that they follow or did, as it is called in an address: whatever else is sent is none."""
    if not SLUG.fullmatch(slug):
        return None
    return Post.objects.filter(slug=slug, pk__in=person.follows.values("story")).first()


def _in_months(months: int) -> date:
    """By the publication's clock, which the request runs by."""
    return schedule.months_later(timezone.localdate(), months)


def _subjects(publication) -> dict[str, str]:
    """The two kinds of subject, as the newest letter or post has them."""
    issue, post = Issue.objects.sent().first(), Post.objects.listed().first()
    plain = issue.subject if issue else f"{publication.name}: {post.title}" if post else ""
    one = {"posts": [None], "more": []}
    return {"plain": plain, "discreet": emails.discreet_subject(one, publication)}


def _next_slot(frequency: str):
    edition = Edition.objects.filter(kind=frequency).first()
    return edition and edition.next_slot()


def _page(visit: Visit) -> str:
    return reverse("newsletter:manage", args=[visit.token])


def _back(visit: Visit, done: str) -> SeeOther:
    """To the page again, by GET: reloading it presses nothing."""
    return SeeOther(f"{_page(visit)}?done={done}")
