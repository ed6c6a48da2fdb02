"""Public pages of the publication: the same bytes for everybody, no cookie, no session."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from blog.models import Author, Image, Page, Post, Tag
from blog.models.posts import PostQuerySet

POSTS_A_PAGE = 5
TOPICS_IN_THE_BOX = 4
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@require_safe
def home(request):
    posts = _page_of(request, Post.objects.listed())
    topics = Tag.objects.of(Post.objects.listed())[: TOPICS_IN_THE_BOX + 1]
    context = {"posts": posts, "topics": topics, "in_the_box": TOPICS_IN_THE_BOX, "here": "posts"}
    return render(request, "blog/home.html", context)


@require_safe
def post(request, year, month, slug):
    post = get_object_or_404(Post.objects.public().for_page(), slug=slug)
    if post.withdrawn_at:
        return render(request, "410.html", status=410)
    if request.path != post.get_absolute_url():
        return redirect(post, permanent=True)
    post.publication = request.publication
    rules = Page.objects.filter(slug="house-rules").first()
    context = {"post": post, "rules": rules}
    return render(request, "blog/post.html", context)


@require_safe
def topics(request):
    return render(request, "blog/topics.html", {"topics": Tag.objects.of(Post.objects.listed())})


@require_safe
def tag(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    posts = _page_of(request, tag.posts.listed())
    return render(request, "blog/tag.html", {"tag": tag, "posts": posts})


@require_safe
def author(request, slug):
    author = get_object_or_404(Author, slug=slug)
    posts = _page_of(request, author.posts.listed())
    return render(request, "blog/author.html", {"author": author, "posts": posts})


@require_safe
def page(request, slug):
    page = get_object_or_404(Page, slug=slug)
    kept = settings.RETENTION.values() if slug == "privacy" else ()
    return render(request, "blog/page.html", {"page": page, "here": slug, "kept": kept})


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def media(request, name):
    """Only pictures that we drew ourselves, under the type that we drew them in."""
    picture = Image.objects.filter(file=name).first()
    if picture is None or not picture.file.storage.exists(name):
        raise Http404
    with picture.file.open() as file:
        response = HttpResponse(file.read(), content_type=MEDIA_TYPES[name.rpartition(".")[2]])
    return response


def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


def forbidden(request, exception=None, reason=""):
    return render(request, "403.html", status=403)


def not_found(request, exception=None):
    return render(request, "404.html", status=404)


def server_error(request):
    """Leans on nothing that may be what broke: no database, no other template, no manifest."""
    publication = getattr(request, "publication", None)
    context = {"name": publication.name if publication else "", "stylesheet": _stylesheet()}
    return HttpResponse(render_to_string("500.html", context), status=500)


def _page_of(request: HttpRequest, posts: PostQuerySet):
    try:
        return Paginator(posts.for_lists(), POSTS_A_PAGE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise Http404 from None


def _stylesheet() -> str:
    try:
        return staticfiles_storage.url("blog/site.css")
    except ValueError:  # the manifest does not know it
        return ""
