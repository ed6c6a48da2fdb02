"""Where a reply stands: its own address, whatever page it is on today."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from comments.models import Comment
from comments.thread import Thread


@require_safe
def place(request: HttpRequest, public_id: str) -> HttpResponse:
    """To its page and its place there. What waits is as unknown as what never was."""
    comment = get_object_or_404(Comment.objects.select_related("post"), public_id=public_id)
    if not comment.is_published and not comment.is_withdrawn:
        raise Http404
    post = comment.post
    if comment.is_withdrawn or not post.is_published:
        context = {"post": post if post.is_published else None, "here": "posts"}
        response = render(request, "comments/gone.html", context, status=410)
    else:
        response = redirect(Thread.of(post).place_of(comment))
    response.headers["X-Robots-Tag"] = "noindex"
    return response
