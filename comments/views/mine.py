"""A writer's private page, and the page after sending."""

from __future__ import annotations

from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from blog.forms import SeeOther, doubt_status, public_form
from blog.private import kept_private
from comments.models import Writer

QUOTING = {"quote": True, "do-not-quote": False}  # the private page's buttons


def private(view):
    """A page behind a private link: for no cache, no search engine, no other site."""

    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        writer = Writer.objects.with_token(token)
        if writer is None:
            raise Http404
        return kept_private(view(request, writer))

    return wrapped


@require_safe
@private
def sent(request: HttpRequest, writer: Writer) -> HttpResponse:
    """Thank you, while it waits; afterwards the private page knows more."""
    comment = writer.comments.waiting().select_related("post__author").last()
    if comment is None:
        return redirect(writer)
    return render(request, "comments/sent.html", {"writer": writer, "comment": comment})


@public_form
@private
def mine(request, writer: Writer) -> HttpResponse:
    """The writer's replies. Taking words back is asked once more, and then it is for good.

    Whether they may be quoted is one press, either way.
    """
    comments = writer.comments.select_related("post__author", "question", "parent__author")
    comments = comments.prefetch_related("question__wordings")
    chosen = comments.filter(public_id__in=request.POST.getlist("reply")).first()
    if chosen is None or chosen.is_withdrawn:
        return render(request, "comments/mine.html", {"writer": writer, "comments": comments})
    doubtful = bool(request.doubt or request.retry_after)
    step = request.POST.get("step")
    if step in QUOTING and doubtful:
        context = {"writer": writer, "comments": comments}
        return render(request, "comments/mine.html", context, status=doubt_status(request))
    if step in QUOTING:
        chosen.let_quote(QUOTING[step])
        return SeeOther(writer.get_absolute_url())
    if step == "remove" and not doubtful:
        chosen.withdraw()
        return SeeOther(writer.get_absolute_url())
    context = {"writer": writer, "comment": chosen}
    return render(request, "comments/take_back.html", context, status=doubt_status(request))
