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
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from comments import signals
from comments.forms import AnswerForm
from comments.models import Comment, Decision

# What may be decided: the verb of the row, the words on the button.
VERDICTS = {
    "publish": pgettext_lazy("verb", "Publish"),
    "reject": gettext_lazy("Do not publish"),
    "mark_spam": gettext_lazy("Spam"),
    "hold_again": gettext_lazy("Back to the queue"),
}
LEADS_TO = {
    "publish": Comment.Status.PUBLISHED,
    "reject": Comment.Status.REJECTED,
    "mark_spam": Comment.Status.SPAM,
    "hold_again": Comment.Status.PENDING,
}


class StateFilter(admin.SimpleListFilter):
    """Waiting ones, unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        states = [(state.value, state.label) for state in Comment.Status]
        return [*states, ("all", _("all"))]

    def choices(self, changelist):
        chosen = self.value() or Comment.Status.PENDING
        for state, words in self.lookup_choices:
            yield {
                "selected": state == chosen,
                "query_string": changelist.get_query_string({self.parameter_name: state}),
                "display": words,
            }

    def queryset(self, request, queryset):
        state = self.value() or Comment.Status.PENDING
        if state == Comment.Status.PENDING:
            return queryset.exclude(lane="")
        return queryset if state == "all" else queryset.filter(status=state)


def _action(verb: str):
    @admin.action(description=VERDICTS[verb], permissions=["change"])
    def act(model_admin, request: HttpRequest, queryset) -> None:
        comments = list(queryset)
        changed = sum(getattr(comment, verb)(by=request.user) for comment in comments)
        model_admin.say(request, verb, changed, len(comments) - changed)

    act.__name__ = verb
    return act


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["said", "name", "place", "sent", "state", "looks_odd"]
    list_filter = [StateFilter]
    list_select_related = ["post", "question"]
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["name", "body", "post__title"]
    actions = [_action(verb) for verb in VERDICTS]

    def get_ordering(self, request: HttpRequest):
        """The longest waiting on top; in all other lists the newest."""
        waiting = request.GET.get("state", Comment.Status.PENDING) == Comment.Status.PENDING
        return ["waiting_since", "pk"] if waiting else ["-created_at", "-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False  # taking back and erasing are their writer's; everything else can be undone

    @admin.display(description=gettext_lazy("reply"))
    def said(self, comment: Comment) -> str:
        return Truncator(Truncator(comment.body).words(25)).chars(200) or _("(taken back)")

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
        return date_format(localtime(comment.created_at), "j F Y, H:i")

    @admin.display(description=gettext_lazy("why it waits"))
    def looks_odd(self, comment: Comment) -> str:
        return " ".join(signals.sentences(comment.noticed))

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
        if request.POST.get("verdict") in VERDICTS:
            return self._decide(request, comment, request.POST["verdict"])
        return self._answer(request, comment)

    def _decide(self, request: HttpRequest, comment: Comment, verb: str) -> HttpResponse:
        if not self.has_change_permission(request, comment):
            raise PermissionDenied
        changed = getattr(comment, verb)(by=request.user)
        self.say(request, verb, int(changed), int(not changed))
        return HttpResponseRedirect(reverse("admin:comments_comment_changelist"))

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
                comment.publish(by=request.user)
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
        verdicts = [
            (verb, words)
            for verb, words in VERDICTS.items()
            if may_decide and LEADS_TO[verb] != comment.status and not comment.is_withdrawn
        ]
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": _("Reply by %(name)s") % {"name": comment.name or _("somebody")},
            "opts": self.opts,
            "comment": comment,
            "looks_odd": self.looks_odd(comment),
            "verdicts": verdicts,
            "decisions": [(d, _who(d)) for d in comment.decisions.select_related("by")],
            "answers": comment.replies.order_by("created_at", "pk"),
            "form": form,
            "may_answer": self._may_answer(request, comment),
            "why_no_answer": self._why_no_answer(request, comment),
        }
        return TemplateResponse(request, "comments/admin/reply.html", context, status=status)

    def _may_answer(self, request: HttpRequest, comment: Comment) -> bool:
        """Whoever decides; and an author, to what everybody can read already."""
        if self.has_change_permission(request, comment):
            return True
        return comment.is_published and hasattr(request.user, "author")

    def _why_no_answer(self, request: HttpRequest, comment: Comment) -> str:
        if comment.is_withdrawn:
            return _("Its writer took it back, so there is nothing to answer.")
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
                "One reply stayed as it was: it was so already, or its writer took it back.",
                "%(count)d replies stayed as they were: they were so already, "
                "or their writers took them back.",
                unchanged,
            )
            self.message_user(request, sentence % {"count": unchanged}, messages.WARNING)


def _who(decision: Decision) -> str:
    if decision.actor != Comment.Actor.STAFF:
        return decision.get_actor_display()
    return decision.by.get_username() if decision.by else _("an account that is gone")
