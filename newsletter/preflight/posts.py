"""The posts that it brings."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog.models import Post

from .checks import about, look
from .sheet import Page, Sheet


@look(
    gettext_lazy("Every post in it is public."),
    mend=gettext_lazy("Publish it, or leave it out. As it is, the letter goes without it."),
)
def all_public(sheet: Sheet) -> str:
    public = set(Post.objects.listed().filter(pk__in=[post.pk for post in sheet.wanted]))
    hidden = [post.title for post in sheet.wanted if post not in public]
    return about(_("Nobody can read this post yet, or any more: %(those)s."), hidden)


@look(
    gettext_lazy("Each post has its “In short”."),
    mend=gettext_lazy("Write one to three short lines in the post: some read nothing else."),
)
def has_short_lines(sheet: Sheet) -> str:
    without = [post.title for post in sheet.posts if not post.short_lines]
    return about(_("Without “In short”: %(those)s."), without)


@look(
    gettext_lazy("Each post asks something."),
    mend=gettext_lazy("Add a closing question to the post, if you want answers."),
)
def asks_something(sheet: Sheet) -> str:
    without = [post.title for post in sheet.posts if not post.questions.all()]
    return about(_("Without a closing question: %(those)s."), without)


@look(
    gettext_lazy("Every title has words before its colon."),
    mend=gettext_lazy("Change the title: the button of the post is named after these words."),
)
def words_before_the_colon(sheet: Sheet) -> str:
    bare = [post.title for post in sheet.posts if post.title.lstrip().startswith(":")]
    return about(_("Nothing stands before the colon of %(those)s."), bare)


@look(
    gettext_lazy("No post is there twice."),
    mend=gettext_lazy("Leave one of them out, or give them different titles."),
)
def no_double(sheet: Sheet) -> str:
    counts = Counter(post.title.casefold().strip() for post in sheet.posts)
    double = [post.title for post in sheet.posts if counts[post.title.casefold().strip()] > 1]
    return about(_("Two posts are called %(those)s."), double[:1])


@look(
    gettext_lazy("Every picture has its words."),
    mend=gettext_lazy("Say in the post what the picture shows: some readers hear the page."),
)
def pictures_have_words(sheet: Sheet) -> str:
    bare = sheet.page.bare_pictures + sum(
        Page(post.body_html).bare_pictures for post in sheet.posts
    )
    if not bare:
        return ""
    return ngettext(
        "One picture has no words for who cannot see it.",
        "%(count)d pictures have no words for who cannot see them.",
        bare,
    ) % {"count": bare}


@look(
    gettext_lazy("Every reply that you chose may still be quoted."),
    mend=gettext_lazy("Nothing needs to be done: the letter goes without it."),
)
def quotes_stand(sheet: Sheet) -> str:
    gone = sheet.issue.chosen_quotes.count() - len(sheet.issue.chosen_quotes.standing_ids())
    if not gone:
        return ""
    return ngettext(
        "One reply that you chose may not be quoted any more.",
        "%(count)d replies that you chose may not be quoted any more.",
        gone,
    ) % {"count": gone}
