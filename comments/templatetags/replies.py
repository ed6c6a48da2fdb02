"""What pages of other apps show of the replies. All tags of one post share a query or two."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post, Question
from comments.forms import ReplyForm
from comments.models import Comment
from comments.thread import Part, Thread

register = template.Library()


@register.simple_tag
def reply_counts(posts) -> str:
    """Give each post of a list its `reply_count`; one query for all of them. Says nothing."""
    posts = list(posts)
    counts = Comment.objects.counts(posts)
    for post in posts:
        post.reply_count = counts.get(post.pk, 0)
    return ""


@register.simple_tag
def count_replies(post: Post) -> str:
    """The same for the post whose page this is; its thread has counted them. Says nothing."""
    post.reply_count = len(Thread.of(post))  # type: ignore[attr-defined]
    return ""


@register.simple_tag(takes_context=True)
def replies_heading(context: dict[str, Any], post: Post) -> str:
    """What the thread below it holds: all replies, or the answers to one question."""
    question = _part(context, post).question
    return _("Answers to “%(question)s”") % {"question": question} if question else _("Replies")


@register.inclusion_tag("comments/_sentence.html", takes_context=True)
def reply_sentence(context: dict[str, Any], post: Post) -> dict[str, Any]:
    """How many replies there are, or answers to one question, with a link to the form."""
    thread, question = Thread.of(post), _part(context, post).question
    if question:
        count = thread.answers_to(question)
        sentence = ngettext("%(number)s answer so far.", "%(number)s answers so far.", count)
    else:
        count = len(thread)
        sentence = ngettext("%(number)s reply so far.", "%(number)s replies so far.", count)
    words = sentence % {"number": capfirst(in_words(count))} if count else _("No replies yet.")
    said = {"post": post, "question": question, "count": count, "sentence": words}
    return said | {"takes_answers": question and post.takes_answers(question)}


@register.simple_tag
def answers(question: Question) -> str:
    """How many answers a closing question has, as a link: to them, or to the form."""
    thread, post = Thread.of(question.post), question.post
    count = thread.answers_to(question)
    if not count:
        return _no_answers(post, question)
    return format_html(
        '<a class="tap" href="{}">{}<span class="hear">{}</span></a>',
        thread.address(question),
        ngettext("%(count)d answer", "%(count)d answers", count) % {"count": count},
        _(" to question %(number)d") % {"number": question.position},
    )


@register.inclusion_tag("comments/_thread.html", takes_context=True)
def thread(context: dict[str, Any], post: Post) -> dict[str, Any]:
    """A page of the published replies, in two levels."""
    thread = Thread.of(post)
    part = _part(context, post)
    return {"part": part, "total": len(thread), "all_address": thread.address()}


@register.inclusion_tag("comments/_below_post.html", takes_context=True)
def reply_form(context: dict[str, Any], post: Post, question: Question | None = None):
    """The form below the post: to the whole post, or to one closing question."""
    initial = {"question": question.public_id} if question else {}
    form = ReplyForm(request=context.get("request"), post=post, initial=initial)
    return {"form": form, "post": post, "heading": 2}


def _part(context: dict[str, Any], post: Post) -> Part:
    request = context.get("request")
    return Thread.of(post).part(request.GET if request else {})


def _no_answers(post: Post, question: Question) -> str:
    if not question.takes_answers:
        return _("No answers.")
    return format_html(
        '<a class="tap" href="{}?question={}">{}<span class="hear"> {}</span></a>',
        reverse("comments:reply", args=[post.slug]),
        question.public_id,
        _("No answers yet. Add the first."),
        _("Question %(number)d") % {"number": question.position},
    )


def in_words(number: int) -> str:
    """Numbers to ten are read more easily as words."""
    words = [
        _("none"),
        _("one"),
        _("two"),
        _("three"),
        _("four"),
        _("five"),
        _("six"),
        _("seven"),
        _("eight"),
        _("nine"),
        _("ten"),
    ]
    return words[number] if number < len(words) else str(number)
