"""Readers report a reply. No GET changes anything."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.forms import SeeOther, public_form
from comments.models import Comment
from comments.reporting import ReportForm


@public_form
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choose what is wrong with it, press once. Only for what everybody can read."""
    comment = _named(public_id)
    if comment is None or not comment.is_published or not comment.post.is_published:
        return _not_shown(request, comment)
    form = ReportForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_welcome():
        context = {"form": form, "comment": comment}
        return render(request, "comments/report.html", context, status=form.status)
    form.report(comment)
    return SeeOther(reverse("comments:reported", args=[comment.public_id]))


@require_safe
def reported(request: HttpRequest, public_id: str) -> HttpResponse:
    """Thank you. It may be off the page by now, so nothing of it is shown here."""
    comment = _named(public_id)
    if comment is None or comment.published_at is None:
        raise Http404
    return render(request, "comments/reported.html", {"comment": comment})


def _named(public_id: str) -> Comment | None:
    known = Comment.objects.select_related("post__author", "question", "parent__author", "author")
    return known.filter(public_id=public_id).first()


def _not_shown(request: HttpRequest, comment: Comment | None) -> HttpResponse:
    """The same words for what was never there and for what is held: neither is told apart."""
    withdrawn = comment is not None and comment.is_withdrawn
    context = {"withdrawn": withdrawn}
    return render(request, "comments/not_shown.html", context, status=410 if withdrawn else 404)
