"""The letter itself: both parts, its marks, its size."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter import digest
from newsletter.models.drafts import MOST_BYTES

from .checks import about, look, stop
from .sheet import Sheet

LEFT_OVER = re.compile(r"\{\{|\{%|%\(\w+\)[sd]")


@stop(
    gettext_lazy("There is something in it."),
    mend=gettext_lazy("Take a post in, or wait until there is a new one."),
)
def something_in_it(sheet: Sheet) -> str:
    return "" if sheet.posts else _("There is no post in it.")


@stop(
    gettext_lazy("It has a plain part."),
    mend=gettext_lazy("This is a fault of the site, not yours: please tell who looks after it."),
)
def plain_part(sheet: Sheet) -> str:
    return "" if sheet.text.strip() else _("Its plain part, for who reads text only, is empty.")


@stop(
    gettext_lazy("All places in it are filled in."),
    mend=gettext_lazy(
        "Look for {{, {% or %( in your words and titles. If there is none, the site is at fault."
    ),
)
def nothing_left_to_fill(sheet: Sheet) -> str:
    both = sheet.text + sheet.html
    if f"-{sheet.issue.public_id}" in both or LEFT_OVER.search(both):
        return _("A place where something should be filled in is still empty.")
    return ""


@stop(
    gettext_lazy("Both parts have the link that stops them."),
    mend=gettext_lazy("This is a fault of the site, not yours: please tell who looks after it."),
)
def way_out(sheet: Sheet) -> str:
    link = sheet.filled(sheet.form.stop_url)
    if all(link in part for part in (sheet.text, " ".join(sheet.page.links))):
        return ""
    return _("The link that stops these letters is missing.")


@look(
    gettext_lazy("The plain part and the other one say the same."),
    mend=gettext_lazy("Look at both in the preview, and tell who looks after the site."),
)
def parts_agree(sheet: Sheet) -> str:
    text, html = _plain(sheet.text), _plain(sheet.page.words)
    told = [post.title for post in sheet.posts]
    one_sided = [title for title in told if (_plain(title) in text) != (_plain(title) in html)]
    return about(_("Only one of its two parts speaks of %(those)s."), one_sided)


@look(
    gettext_lazy("It is small enough for every mail program."),
    mend=gettext_lazy("Leave a post out, or make the note shorter."),
)
def size(sheet: Sheet) -> str:
    kilobytes = len(sheet.html.encode()) // 1000
    if kilobytes * 1000 < MOST_BYTES:
        return ""
    return _("It has %(size)d KB. Mail programs hide the end of letters above 100.") % {
        "size": kilobytes
    }


@look(
    gettext_lazy("No post had to be made shorter."),
    mend=gettext_lazy("Nothing needs to be done. Or leave a post out, then the others fit."),
)
def made_shorter(sheet: Sheet) -> str:
    most = min(digest.IN_FULL, len(sheet.posts))
    shown = len(sheet.letter["posts"])
    if shown >= most:
        return ""
    return ngettext(
        "It was too large, so only one post is there with its short lines, the others as titles.",
        "It was too large, so only %(count)d posts are there with their short lines.",
        shown,
    ) % {"count": shown}


def _plain(text: str) -> str:
    """Without line breaks and spaces, which the two parts set differently."""
    return "".join(text.split())
