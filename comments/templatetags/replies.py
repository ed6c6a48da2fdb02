"""What pages of other apps show of the replies. All tags of one post share one query."""

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
from comments.thread import Thread

register = template.Library()


@register.simple_tag
def reply_counts(posts) -> str:
    """Give each post of a list its `reply_count`; one query for all of them. Says nothing."""
    posts = list(posts)
    counts = Comment.objects.counts(posts)
    for post in posts:
        post.reply_count = counts.get(post.pk, 0)
    return ""


@register.inclusion_tag("comments/_sentence.html")
def reply_sentence(post: Post) -> dict[str, Any]:
    """How many replies there are, in words, with a link to the form."""
    count = len(Thread.of(post))
    return {"post": post, "count": count, "sentence": _so_far(count)}


@register.simple_tag
def answers(question: Question) -> str:
    """How many answers a closing question has, as a link: to the first one, or to the form."""
    thread, post = Thread.of(question.post), question.post
    count = thread.per_question[question.pk]
    if not count:
        return _no_answers(post, question)
    return format_html(
        '<a class="tap" href="#{}">{}<span class="hear">{}</span></a>',
        thread.first_to(question).anchor,
        ngettext("%(count)d answer", "%(count)d answers", count) % {"count": count},
        _(" to question %(number)d") % {"number": question.position},
    )


@register.inclusion_tag("comments/_thread.html")
def thread(post: Post) -> dict[str, Any]:
    """All published replies, in two levels."""
    thread = Thread.of(post)
    return {"places": list(thread.places()) if thread else []}


@register.inclusion_tag("comments/_below_post.html", takes_context=True)
def reply_form(context: dict[str, Any], post: Post, question: Question | None = None):
    """The form below the post: to the whole post, or to one closing question."""
    initial = {"question": question.public_id} if question else {}
    form = ReplyForm(request=context.get("request"), post=post, initial=initial)
    return {"form": form, "post": post, "heading": 2}


def _so_far(count: int) -> str:
    if not count:
        return _("No replies yet.")
    sentence = ngettext("%(number)s reply so far.", "%(number)s replies so far.", count)
    return sentence % {"number": capfirst(in_words(count))}


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
