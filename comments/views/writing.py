"""Writing a reply: one address, three buttons. No GET changes anything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from blog import markup
from blog.forms import SeeOther, public_form
from blog.models import Post
from blog.models.rows import one_row
from comments import known
from comments.forms import ReplyForm
from newsletter import hand


@public_form
def reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Write, read it through, send: one address, three buttons, nothing kept until *Send*."""
    post = one_row(Post, slug=slug)
    if post:
        post.publication = request.publication  # type: ignore[attr-defined]
    if post is None or not post.takes_replies:
        return _not_taken(request, post)
    form = _form(request, post)
    if request.method == "POST":
        form.count()
    if not form.is_welcome():
        form.pace.give_back()
        return _page(request, "reply", form, status=form.status)
    if request.POST.get("step") == "check":
        return _page(request, "check", form)
    if form.needs_another_look():
        form.pace.give_back()
        return _page(request, "check", form)
    if (rest := form.pace.rest) and not form.came_already():
        form.pace.give_back()
        request.retry_after = rest  # type: ignore[attr-defined]
        return _page(request, "reply", form, status=form.status)
    held = form.hold()
    if held.is_copied:
        return SeeOther((held if held.is_published else post).get_absolute_url())
    response = SeeOther(reverse("comments:sent", args=[held.private_token]))
    if form.wants_letters:
        hand.mark(response, form.cleaned_data["email"])
    if form.wants_to_be_known and held.writer:
        known.mark(response, held.writer)
    return response


reply.counts_itself = True  # type: ignore[attr-defined]  # its writer's replies with its client's posts


def _form(request: HttpRequest, post: Post) -> ReplyForm:
    """What was sent; or what was asked for, or is to be changed: that is not judged yet."""
    if request.method == "POST" and request.POST.get("step") != "change":
        return ReplyForm(request.POST, request=request, post=post)
    given = request.POST if request.method == "POST" else request.GET
    wanted = ["question", "to"] if request.method != "POST" else list(ReplyForm.base_fields)
    initial = {field: given[field] for field in wanted if field in given}
    return ReplyForm(request=request, post=post, initial=initial)


def _page(request: HttpRequest, name: str, form: ReplyForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "post": form.post, "here": "posts"}
    return render(request, f"comments/{name}.html", context, status=status)


def _not_taken(request: HttpRequest, post: Post | None) -> HttpResponse:
    """No reply can be taken here; the words go back to who typed them."""
    closed = post is not None and post.is_published
    withdrawn = post is not None and post.withdrawn_at is not None
    text = markup.clean_text(request.POST.get("text", ""))
    context = {"post": post if closed else None, "withdrawn": withdrawn, "text": text}
    status = 403 if closed else 410 if withdrawn else 404
    return render(request, "comments/not_taken.html", context, status=status)
