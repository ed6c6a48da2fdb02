"""What we hold about one person. Every look at it is written down."""

from __future__ import annotations

import logging

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from newsletter.models import Frequency, Look, Subscriber, Suppression

from .pages import show

log = logging.getLogger("afterword.newsletter")
may_see = permission_required("newsletter.view_subscriber", raise_exception=True)
may_erase = permission_required("newsletter.delete_subscriber", raise_exception=True)
LATEST = 20
LETTERS = [choice for choice in Frequency.choices if choice[0] != Frequency.NONE]


class SettingsForm(forms.ModelForm):
    """What staff may set for somebody who asks them to. States change by verbs."""

    frequency = forms.ChoiceField(choices=LETTERS)

    class Meta:
        model = Subscriber
        fields = ["frequency", "quiet"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.gets_letters:  # to begin takes their own yes
            del self.fields["frequency"]

    def save(self, commit=True):
        self.instance.save(update_fields=list(self.fields))
        return self.instance


@may_see
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows it and notes the look, POST does what the button says."""
    person = get_object_or_404(Subscriber, pk=pk)
    if request.method == "POST":
        return _do(request, person)
    Look.objects.note([person], Look.Page.RECORD, by=request.user)
    facts = {
        "person": person,
        "topics": topics_in_words(person),
        "suppressed": Suppression.objects.standing().with_address(person.email).first(),
        "consents": person.consents.select_related("story"),
        "follows": person.follows.select_related("story"),
        "confirmations": person.confirmations.select_related("story")[:LATEST],
        "memos": person.memos.all()[:LATEST],
        "looks": person.looks.select_related("user")[:LATEST],
        "form": SettingsForm(instance=person),
        "may_change": _may(request, "change_subscriber"),
        "may_erase": _may(request, "delete_subscriber"),
    }
    return show(request, "record", facts, title=str(person).capitalize())


@may_see
@may_erase
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Cannot be undone, so it is asked once more, on a page of its own."""
    person = get_object_or_404(Subscriber, pk=pk)
    if request.method != "POST":
        return show(request, "erase", {"person": person}, title=_("Erase this person?"))
    person.erase()
    log.info("subscriber %s erased by account %s", pk, request.user.pk)
    messages.success(request, _("Erased. Nothing about them is left here but a code."))
    return redirect("admin:newsletter_subscriber_changelist")


def topics_in_words(person: Subscriber) -> str:
    """Which topics they want to hear of."""
    names = [] if person.all_topics else [tag.name for tag in person.topics.all()]
    return ", ".join(names) or _("everything")


def _do(request: HttpRequest, person: Subscriber) -> HttpResponse:
    if not _may(request, "change_subscriber"):
        raise PermissionDenied
    if request.POST.get("do") == "stop":
        _stop(request, person)
    else:
        _save(request, person)
    return redirect("admin:newsletter_subscriber_change", person.pk)


def _stop(request: HttpRequest, person: Subscriber) -> None:
    if person.unsubscribe():
        messages.success(request, _("Stopped. They get no more mail from here."))
    else:
        messages.info(request, _("It was stopped already."))


def _save(request: HttpRequest, person: Subscriber) -> None:
    form = SettingsForm(request.POST, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("That is not one of the choices. Nothing was changed."))


def _may(request: HttpRequest, right: str) -> bool:
    return request.user.has_perm(f"newsletter.{right}")  # type: ignore[union-attr]
