"""Writing a reply, and its writer's private page. No cookie; no GET changes anything."""

from __future__ import annotations

from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog import markup
from blog.forms import SeeOther, doubt_status, public_form
from blog.models import Post
from blog.private import kept_private
from comments.forms import ReplyForm
from comments.models import Writer
from newsletter import hand

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


@public_form
def reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Write, read it through, send: one address, three buttons, nothing kept until *Send*."""
    post = Post.objects.select_related("author").filter(slug=slug).first()
    if post:
        post.publication = request.publication
    if post is None or not post.takes_replies:
        return _not_taken(request, post)
    form = _form(request, post)
    if not form.is_welcome():
        return _page(request, "reply", form, status=form.status)
    if request.POST.get("step") == "check" or form.is_rushed:
        return _page(request, "check", form)
    response = SeeOther(reverse("comments:sent", args=[form.hold().private_token]))
    if form.cleaned_data["letters"]:
        hand.mark(response, form.cleaned_data["email"])
    return response


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
