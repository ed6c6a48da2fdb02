"""The open letter of an edition, put together on one page. Each button also saves the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from blog import markup
from blog.models import Post
from newsletter import preflight
from newsletter.models import Edition, Issue, Proof, Quote, Suppression

from .pages import may_change, show

TITLES = {
    Edition.Kind.EACH: gettext_lazy("The letter for each post"),
    Edition.Kind.WEEKLY: gettext_lazy("This week’s digest"),
    Edition.Kind.MONTHLY: gettext_lazy("This month’s digest"),
    Edition.Kind.STORY: gettext_lazy("News on a story"),
}


class WordsForm(forms.Form):
    """What is typed on the page, and which version of the letter it was typed on."""

    subject = forms.CharField(
        max_length=Issue._meta.get_field("subject").max_length, required=False
    )
    note = forms.CharField(required=False)
    stamp = forms.CharField(required=False)

    def clean_note(self) -> str:
        return markup.clean_text(self.cleaned_data["note"])

    def write(self, issue: Issue, quotes: list[Quote]) -> bool:
        """False: the letter is not as it was when this page was opened; nothing is changed."""
        pk, _dash, version = self.cleaned_data["stamp"].partition("-")
        if pk != str(issue.pk) or not _is_number(version):
            return False
        words = self.cleaned_data
        return issue.write(words["subject"], words["note"], quotes, seen=int(version))

    def says_the_same_as(self, issue: Issue) -> bool:
        words = self.cleaned_data
        return (words["subject"], words["note"]) == (issue.subject, issue.note)


def with_words_kept(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Who was logged out while they typed gets their words back, not just the log-in page."""

    def view(request: HttpRequest, kind: str) -> HttpResponse:
        if request.method != "POST" or request.user.is_authenticated or "note" not in request.POST:
            return page(request, kind)
        words = {name: request.POST.get(name, "") for name in ("subject", "note")}
        return show(request, "logged_out", words, title=_("You have been logged out"), status=403)

    return view


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: HttpRequest, kind: str) -> HttpResponse:
    """GET shows the letter as it stands, POST saves the words and does what the button says."""
    edition = get_object_or_404(Edition, kind=kind)
    issue = edition.issues.open().first()
    if request.method != "POST":
        return _show(request, edition, issue)
    if "stamp" not in request.POST:
        return _begun(request, edition)
    form = WordsForm(request.POST)
    if issue is None or not form.is_valid():
        return _show(request, edition, issue, form, status=409 if issue is None else 400)
    quotes = _ticked(request, issue)
    with transaction.atomic():
        written = form.write(issue, quotes)
        done = _act(request, issue) if written else None
    if done:
        return done
    # A second press of a tired hand comes with the same words: nothing is lost by not saving.
    if form.says_the_same_as(issue) and _chosen(issue) == {quote.pk for quote in quotes}:
        messages.info(request, _("The letter had changed meanwhile. This is how it stands now."))
        return redirect(_top(issue))
    return _show(request, edition, issue, form, status=409)


def _begun(request: HttpRequest, edition: Edition) -> HttpResponse:
    if edition.draft() is None and not edition.issues.open().exists():
        messages.info(request, _("Nothing is new since the last letter."))
    return redirect(_address_of(edition))


def _act(request: HttpRequest, issue: Issue) -> HttpResponse:
    """What the pressed button says, besides saving."""
    issue.gather()
    verb, _space, post = request.POST.get("do", "save").partition(" ")
    if verb in ARRANGING and _is_number(post):
        ARRANGING[verb](issue, int(post))
        return redirect(f"{_address(issue)}#posts")
    return OTHERS.get(verb, _saved)(request, issue)


def _is_number(words: str) -> bool:
    """One that a database can hold."""
    return words.isdecimal() and len(words) < 19


def _saved(request: HttpRequest, issue: Issue) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect(_top(issue))


def _preview(request: HttpRequest, issue: Issue) -> HttpResponse:
    return redirect("admin:newsletter_issue_preview", issue.pk)


def _skip(request: HttpRequest, issue: Issue) -> HttpResponse:
    return redirect("admin:newsletter_issue_cancel", issue.pk)


def _prove(request: HttpRequest, issue: Issue) -> HttpResponse:
    user, address = request.user, getattr(request.user, "email", "")
    if not address:
        messages.error(request, _("Your account has no e-mail address, so no test was sent."))
    elif Suppression.objects.cover(address):
        messages.error(request, _("Nobody may write to your address any more: it is suppressed."))
    elif Proof.objects.ask(issue, user, quiet=request.POST["do"] == "prove quiet"):
        words = _("A test is on its way to %(address)s.")
        messages.success(request, words % {"address": address})
    else:
        messages.error(request, _("Ten tests an hour are the most. Please try again later."))
    return redirect(_top(issue))


def _approve_soon(request: HttpRequest, issue: Issue) -> HttpResponse:
    return _approved(request, issue, at=None)


def _approve_slot(request: HttpRequest, issue: Issue) -> HttpResponse:
    return _approved(request, issue, at=issue.edition.coming_slot())


def _approve_then(request: HttpRequest, issue: Issue) -> HttpResponse:
    typed = request.POST.get("at", "").strip()
    try:
        at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]).clean(typed)
    except ValidationError:
        words = _("“%(typed)s” is no day and time. Write it like 2026-12-06 09:00.")
        messages.error(request, words % {"typed": typed[:40]})
        return redirect(f"{_address(issue)}#send")
    return _approved(request, issue, at=at)


def _approved(request: HttpRequest, issue: Issue, *, at) -> HttpResponse:
    if preflight.of(issue).stops:
        messages.error(request, _("It cannot go like this: see what is wrong, below."))
        return redirect(f"{_address(issue)}#checks")
    issue.approve(at)
    return redirect(_top(issue))


ARRANGING: dict[str, Callable[[Issue, int], bool]] = {
    "up": lambda issue, post: issue.move(post, -1),
    "down": lambda issue, post: issue.move(post, 1),
    "leave-out": lambda issue, post: issue.leave_out(post),
    "take-in": lambda issue, post: issue.take_in(post),
}
OTHERS: dict[str, Callable[[HttpRequest, Issue], HttpResponse]] = {
    "preview": _preview,
    "prove": _prove,
    "approve-soon": _approve_soon,
    "approve-slot": _approve_slot,
    "approve-then": _approve_then,
    "skip": _skip,
}


def _address_of(edition: Edition) -> str:
    return reverse("admin:newsletter_issue_compose", args=[edition.kind])


def _address(issue: Issue) -> str:
    return _address_of(issue.edition)


def _top(issue: Issue) -> str:
    """Where the page answers. Without a place of its own, a browser keeps the one it was at."""
    return f"{_address(issue)}#main"


def _ticked(request: HttpRequest, issue: Issue) -> list[Quote]:
    """Those that are still there: what was taken back meanwhile is no fault of who ticks."""
    ticked = set(request.POST.getlist("quote"))
    choosable = Quote.objects.choosable(issue.edition, besides=issue)
    return [quote for quote in choosable if str(quote.pk) in ticked]


def _chosen(issue: Issue) -> set[int]:
    return issue.chosen_quotes.standing_ids()


def _show(
    request: HttpRequest,
    edition: Edition,
    issue: Issue | None,
    form: WordsForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    facts: dict[str, Any] = {
        "edition": edition,
        "issue": issue,
        "typed": form,
        "new_posts": list(edition.new_posts()),
        "people": (issue or edition).audience().count(),
        "slot": edition.goes_at(),
        "others": [
            (TITLES[Edition.Kind(other.kind)], _address_of(other)) for other in _others(edition)
        ],
    }
    if issue:
        facts |= _facts(request, issue, form)
    return show(
        request, "compose", facts, title=str(TITLES[Edition.Kind(edition.kind)]), status=status
    )


def _others(edition: Edition) -> QuerySet[Edition]:
    return Edition.objects.on().exclude(pk=edition.pk).order_by("pk")


def _facts(request: HttpRequest, issue: Issue, form: WordsForm | None) -> dict[str, Any]:
    ticked = {quote.pk for quote in _ticked(request, issue)} if form else _chosen(issue)
    slot = issue.edition.coming_slot()
    return {
        "subject": form["subject"].value() if form else issue.subject,
        "note": form["note"].value() if form else issue.note,
        "items": issue.items.select_related("post"),
        "public": set(
            Post.objects.listed().filter(issue_items__issue=issue).values_list("pk", flat=True)
        ),
        "brings": {post.pk for post in issue.posts()},
        "quotes": Quote.objects.choosable(issue.edition, besides=issue),
        "ticked": ticked,
        "report": preflight.of(issue),
        "send_then": slot and _("Send it on %(when)s") % {"when": _in_words(slot)},
    }


def _in_words(slot) -> str:
    at = localtime(slot)
    when = {"day": date_format(at, "l j F"), "time": date_format(at, "H:i")}
    return _("%(day)s at %(time)s") % when
