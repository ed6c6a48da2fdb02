"""A writer's private page, and the page after sending."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog import markup
from blog.forms import SeeOther, doubt_status, public_form
from blog.private import kept_private
from comments import known
from comments.changing import ChangeForm
from comments.models import Comment, HelpLine, Writer
from comments.views import letters
from newsletter import tokens

A_PAGE = 20

# The private page's buttons. One press each, and each can be undone there.
PRESSES: dict[str, Callable[[Comment], bool]] = {
    "quote": lambda comment: comment.let_quote(True),
    "do-not-quote": lambda comment: comment.let_quote(False),
    "keep-private": Comment.keep_private,
    "offer-again": Comment.offer_again,
    "drop-change": Comment.drop_change,
}
# What is for good is asked once more, on a page of its own.
FINAL: dict[str, Callable[[Comment], bool]] = {
    "remove": Comment.withdraw,
    "remove-name": Comment.drop_name,
}


def private(view):
    """A page behind a private link: for no cache, no search engine, no other site."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str, **where) -> HttpResponse:
        writer = Writer.objects.with_token(token)
        if writer is None:
            raise Http404
        if writer.same_as:
            return kept_private(letters.elsewhere(request, writer))
        return kept_private(view(request, writer, **where))

    return wrapped


@require_safe
@private
def sent(request: HttpRequest, writer: Writer) -> HttpResponse:
    """Thank you, until somebody has decided; afterwards the private page knows more."""
    comment = writer.comments.select_related("post__author").last()
    if comment is None or not (comment.is_waiting or comment.appeared_by_itself):
        return redirect(writer)
    # Words that this device kept since then are others: the page's script lets them be.
    age = int((timezone.now() - comment.created_at).total_seconds() * 1000)
    context = {"writer": writer, "comment": comment, "age": age}
    if comment.needs_care:
        context["help_lines"] = HelpLine.objects.all()
    return render(request, "comments/sent.html", context)


@public_form
@private
def mine(request, writer: Writer) -> HttpResponse:
    """The writer's replies, newest first, each with how it stands and what can be done."""
    if switched := letters.switch(request, writer):
        return switched
    named = map(tokens.read, request.POST.getlist("reply"))
    chosen = _replies(writer).filter(public_id__in=named).first()
    step = request.POST.get("step")
    if step in {"know", "forget"}:
        return _on_this_device(request, writer, step)
    if chosen is None or chosen.is_gone:
        return _list(request, writer)
    act = {**PRESSES, **FINAL}.get(step)
    if act and not (request.doubt or request.retry_after):
        act(chosen)
        return SeeOther(f"{request.get_full_path()}#{chosen.anchor}")
    if step in PRESSES:
        return _list(request, writer, status=doubt_status(request))
    context = {"writer": writer, "comment": chosen}
    return render(request, "comments/take_back.html", context, status=doubt_status(request))


@public_form
@private
def change(request, writer: Writer, reply: str) -> HttpResponse:
    """Other words for a reply: write, read it through, send."""
    comment = _replies(writer).filter(public_id=reply).first()
    if comment is None or comment.is_gone:
        return _gone(request, writer)
    form = _form(request, comment)
    if not form.is_welcome():
        return _page(request, "change", form, status=form.status)
    if request.POST.get("step") == "check" or form.needs_another_look():
        return _page(request, "change_check", form)
    if not form.send():
        return _gone(request, writer)
    return SeeOther(f"{comment.writer.get_absolute_url()}#{comment.anchor}")


def _replies(writer: Writer):
    replies = writer.comments.select_related("post__author", "question", "parent__author", "writer")
    return replies.prefetch_related("changes", "question__wordings").order_by("-created_at", "-pk")


def _on_this_device(request, writer: Writer, step: str) -> HttpResponse:
    if request.doubt or request.retry_after:
        return _list(request, writer, status=doubt_status(request))
    response = SeeOther(f"{request.get_full_path()}#device")
    if step == "know":
        known.mark(response, writer)
    else:
        known.forget(response)
    return response


def _list(request: HttpRequest, writer: Writer, status: int = 200) -> HttpResponse:
    try:
        comments = Paginator(_replies(writer), A_PAGE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise Http404 from None
    is_known = known.is_known(request, writer)
    context = {"writer": writer, "comments": comments, "is_known": is_known}
    return render(request, "comments/mine.html", context, status=status)


def _form(request: HttpRequest, comment: Comment) -> ChangeForm:
    """What was sent; or what stands or waits there, or is to be written on: not judged yet."""
    if request.method == "POST" and request.POST.get("step") != "write":
        return ChangeForm(request.POST, request=request, comment=comment)
    newest = comment.waiting_change or comment
    initial = {"text": newest.body, "name": newest.name}
    initial |= {field: request.POST[field] for field in initial if field in request.POST}
    return ChangeForm(request=request, comment=comment, initial=initial)


def _page(request: HttpRequest, name: str, form: ChangeForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "comment": form.comment,
        "post": form.post,
        "writer": form.comment.writer,
    }
    return render(request, f"comments/{name}.html", context, status=status)


def _gone(request: HttpRequest, writer: Writer) -> HttpResponse:
    """There is nothing to change any more; what was typed goes back to who typed it."""
    context = {"writer": writer, "text": markup.clean_text(request.POST.get("text", ""))}
    return render(request, "comments/change_gone.html", context, status=404)
