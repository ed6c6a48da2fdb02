"""Moderation: what waits comes first; every decision is a row; nobody edits a reader's words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog import markup
from comments import signals
from comments.forms import AnswerForm
from comments.models import Change, Comment, Decision
from comments.signals import Signal

from .lists import LEADS_TO, URGENCY, VERDICTS, LaneFilter, StateFilter, action

# The same for other words that wait.
SETTLES = {"accept": "accept", "refuse": "refuse", "undo": "hold_again"}
SETTLED = {
    "accept": gettext_lazy("The page shows the new words now."),
    "refuse": gettext_lazy("The words on the page stay."),
    "hold_again": gettext_lazy("Undone. The page is as before, and the other words wait again."),
}


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["said", "name", "place", "sent", "state", "looks_odd"]
    list_filter = [LaneFilter, StateFilter]
    list_select_related = ["post", "question"]
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["name", "body", "post__title"]
    actions = [action(verb) for verb in VERDICTS]

    def get_ordering(self, request: HttpRequest):
        """Who needs care on top, then the longest waiting; in all other lists the newest."""
        waiting = request.GET.get("state", Comment.Status.PENDING) == Comment.Status.PENDING
        return [URGENCY, "waiting_since", "pk"] if waiting else ["-created_at", "-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False  # taking back and erasing are their writer's; everything else can be undone

    @admin.display(description=gettext_lazy("reply"))
    def said(self, comment: Comment) -> str:
        if comment.is_gone:
            return _("(taken back)") if comment.is_withdrawn else _("(its time was over)")
        return Truncator(Truncator(comment.body).words(25)).chars(200)

    @admin.display(description=gettext_lazy("place"), ordering="post__title")
    def place(self, comment: Comment) -> str:
        if not comment.question:
            return comment.post.title
        where = {"post": comment.post.title, "number": comment.question.position}
        return _("%(post)s, question %(number)d") % where

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, comment: Comment) -> str:
        return comment.get_status_display()

    @admin.display(description=gettext_lazy("sent"), ordering="created_at")
    def sent(self, comment: Comment) -> str:
        """With the revision that is looked at: about other words nothing is decided."""
        return format_html(
            '{}<input type="hidden" name="seen" value="{}-{}">',
            date_format(localtime(comment.created_at), "j F Y, H:i"),
            comment.pk,
            comment.revision,
        )

    @admin.display(description=gettext_lazy("why it waits"))
    def looks_odd(self, comment: Comment) -> str:
        return " ".join(_why(comment))

    def changelist_view(self, request, extra_context=None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Replies")} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None) -> HttpResponse:
        """One reply, its history, and what can be done about it."""
        comment = self.get_object(request, object_id)
        if comment is None:
            raise Http404
        if not self.has_view_or_change_permission(request, comment):
            raise PermissionDenied
        if request.method != "POST":
            return self._show(request, comment, AnswerForm())
        if request.POST.get("verdict") in LEADS_TO:
            return self._decide(request, comment, request.POST["verdict"])
        if request.POST.get("words") in SETTLES:
            return self._settle(request, comment, SETTLES[request.POST["words"]])
        return self._answer(request, comment)

    def _decide(self, request: HttpRequest, comment: Comment, verb: str) -> HttpResponse:
        if not self.has_change_permission(request, comment):
            raise PermissionDenied
        seen = _seen(request, comment)
        by_us = {"actor": Comment.Actor.STAFF} if verb == "keep_private" else {}
        changed = getattr(comment, verb)(by=request.user, seen=seen, **by_us)
        if seen != comment.revision:
            return self._stale(request, comment, AnswerForm())
        self.say(request, verb, int(changed), int(not changed))
        return HttpResponseRedirect(reverse("admin:comments_comment_changelist"))

    def _settle(self, request: HttpRequest, comment: Comment, verb: str) -> HttpResponse:
        """Other words than those on the page: they stand from now on, or not, or wait again."""
        if not self.has_change_permission(request, comment):
            raise PermissionDenied
        key = request.POST.get("change", "")
        change = comment.changes.filter(pk=key).first() if key.isdecimal() else None
        if change is None or not getattr(change, verb)(by=request.user):
            comment.refresh_from_db()
            return self._stale(request, comment, AnswerForm())
        self.message_user(request, SETTLED[verb], messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def _stale(self, request: HttpRequest, comment: Comment, form: AnswerForm) -> HttpResponse:
        sentence = _(
            "Something changed meanwhile: its writer, or somebody else of us, was quicker. "
            "Nothing was decided now. Please look once more."
        )
        self.message_user(request, sentence, messages.WARNING)
        return self._show(request, comment, form, status=409)

    def _answer(self, request: HttpRequest, comment: Comment) -> HttpResponse:
        may_decide = self.has_change_permission(request, comment)
        if not self._may_answer(request, comment) or "publish" in request.POST and not may_decide:
            raise PermissionDenied
        form = AnswerForm(request.POST)
        why_not = self._why_no_answer(request, comment)
        if why_not or not form.is_valid():
            return self._show(request, comment, form, status=403 if why_not else 400)
        with transaction.atomic():
            if "publish" in request.POST:
                seen = _seen(request, comment)
                comment.publish(by=request.user, seen=seen)
                if seen != comment.revision:
                    return self._stale(request, comment, form)
            answer = comment.answer(by=request.user, body=form.cleaned_data["body"])
        if answer is None:
            comment.refresh_from_db()
            return self._show(request, comment, form, status=409)
        self.message_user(request, _("Your answer is on the page."), messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def _show(
        self, request: HttpRequest, comment: Comment, form: AnswerForm, status: int = 200
    ) -> HttpResponse:
        may_decide = self.has_change_permission(request, comment)
        change = comment.newest_change if may_decide else None
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": _("Reply by %(name)s") % {"name": comment.shown_name},
            "opts": self.opts,
            "comment": comment,
            "said": _marked(comment),
            "why": _why(comment),
            "verdicts": self._verdicts(comment) if may_decide else [],
            "change": change if change and change.is_waiting and not comment.is_gone else None,
            "undoable": change if change and change.can_be_undone else None,
            "decisions": [(d, _who(d)) for d in comment.decisions.select_related("by")],
            "answers": comment.replies.order_by("created_at", "pk"),
            "form": form,
            "may_answer": self._may_answer(request, comment),
            "why_no_answer": self._why_no_answer(request, comment),
        }
        if context["change"]:
            context["change_said"] = _marked(context["change"])
        return TemplateResponse(request, "comments/admin/reply.html", context, status=status)

    def _verdicts(self, comment: Comment) -> list[tuple[str, Any]]:
        """What can be decided about it now, with the words on the button."""
        if comment.is_gone or comment.is_private_by_wish:
            return []
        of_one = VERDICTS | {"keep_private": _("Keep it private")}
        if comment.status == Comment.Status.SPAM:
            del of_one["keep_private"]
        return [(verb, words) for verb, words in of_one.items() if LEADS_TO[verb] != comment.status]

    def _may_answer(self, request: HttpRequest, comment: Comment) -> bool:
        """Whoever decides; and an author, to what everybody can read already."""
        if self.has_change_permission(request, comment):
            return True
        return comment.is_published and hasattr(request.user, "author")

    def _why_no_answer(self, request: HttpRequest, comment: Comment) -> str:
        if comment.is_withdrawn:
            return _("Its writer took it back, so there is nothing to answer.")
        if comment.is_gone:
            return _("Its time was over, so there is nothing to answer.")
        if comment.is_private:
            return _("It is private, so an answer on the page is for nobody.")
        if not hasattr(request.user, "author"):
            return _(
                "Your account belongs to no author, so it cannot answer with the Author badge. "
                "Someone who may change authors can connect it."
            )
        return ""

    def say(self, request: HttpRequest, verb: str, changed: int, unchanged: int) -> None:
        """What became of it, in a sentence; and what was so already."""
        if changed:
            became = {"count": changed, "state": LEADS_TO[verb].label}
            sentence = ngettext(
                "One reply is now: %(state)s.", "%(count)d replies are now: %(state)s.", changed
            )
            self.message_user(request, sentence % became, messages.SUCCESS)
        if unchanged:
            sentence = ngettext(
                "One reply stayed as it was: it was so already, or its writer changed it, "
                "took it back or keeps it private.",
                "%(count)d replies stayed as they were: they were so already, or their writers "
                "changed them, took them back or keep them private.",
                unchanged,
            )
            self.message_user(request, sentence % {"count": unchanged}, messages.WARNING)

    def say_alone(self, request: HttpRequest, left: int) -> None:
        """Of who needs care, in a list of many."""
        if left:
            sentence = ngettext(
                "One reply needs care. Please open it: it is never decided with others.",
                "%(count)d replies need care. Please open them: "
                "they are never decided with others.",
                left,
            )
            self.message_user(request, sentence % {"count": left}, messages.WARNING)


def _seen(request: HttpRequest, comment: Comment) -> int:
    """The revision that was on the page with the button."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else comment.revision


def _why(comment: Comment) -> list[str]:
    """Why it waits, in sentences; and what was noticed, also when it does not."""
    noticed = list(dict.fromkeys(_quoting(signal, comment.body) for signal in comment.noticed))
    if comment.lane == Comment.Lane.CHANGED:
        return [*noticed, _("Its writer would like other words.")]
    if comment.lane == Comment.Lane.REPORTED:
        return [*noticed, _("Readers reported it.")]
    if comment.lane == Comment.Lane.NEW and not noticed:
        return [_("The first replies of each person are read before they appear.")]
    if comment.lane and not noticed:
        return [_("Nothing stood out. Nobody has read it yet.")]
    return noticed


def _quoting(signal: Signal, body: str) -> str:
    """What was noticed, with the words that it is about."""
    phrase = body[signal.start : signal.end] if 0 <= signal.start < signal.end else ""
    if not phrase:
        return signal.words
    said = {"what": signal.words, "phrase": Truncator(phrase).chars(80)}
    return _("%(what)s “%(phrase)s”") % said


def _marked(said: Comment | Change) -> str:
    """Its HTML, with the phrases that were noticed marked."""
    phrases = signals.phrases(said.noticed, said.body)
    return markup.marked(said.as_shown, phrases) if phrases else said.as_shown


def _who(decision: Decision) -> str:
    if decision.actor != Comment.Actor.STAFF:
        return decision.get_actor_display()
    return decision.by.get_username() if decision.by else _("an account that is gone")
