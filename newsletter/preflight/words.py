"""The words: subject, note, and what should not be left in them."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.models import Issue

from .checks import about, look, stop
from .sheet import ADDRESS, Sheet

LONGEST_SUBJECT = 70  # more is cut off on a telephone
LONGEST_WORD = 40
PLACEHOLDER = re.compile(
    r"\bTK+\b|\b(?:TK){2,}\b|\bTODO\b|\bFIXME\b|\bX{3,}\b|(?i:lorem ipsum)|“…”|\[(?:…|\.\.\.)\]"
    r"|^[^\S\n]*(?:…|\.\.\.)[^\S\n]*$",
    re.MULTILINE,
)
HIDDEN = {"Cf", "Cc", "Co", "Cn"}  # format, control, private, unassigned
FINE = {"\n", "\t", "\u00ad", "\u200d"}  # a soft hyphen; what joins the parts of one emoji


@stop(
    gettext_lazy("It has a subject."),
    mend=gettext_lazy("Write one, or leave the field empty: then it is made from the posts."),
)
def subject_there(sheet: Sheet) -> str:
    says = any(map(str.isalnum, sheet.subject))
    return "" if says or not sheet.posts else _("Its subject says nothing.")


@look(
    gettext_lazy("The subject is short enough."),
    mend=gettext_lazy("Put what matters first, and leave the rest out."),
)
def subject_short(sheet: Sheet) -> str:
    if len(sheet.subject) <= LONGEST_SUBJECT:
        return ""
    words = _("The subject has %(count)d characters. Telephones show about 40, others about 70.")
    return words % {"count": len(sheet.subject)}


@look(
    gettext_lazy("The subject does not shout."),
    mend=gettext_lazy("Write it in small letters: capitals are hard to read, and look like spam."),
)
def subject_calm(sheet: Sheet) -> str:
    words = re.findall(r"[^\W\d_]{4,}", sheet.issue.subject)
    shouted = [word for word in words if word.isupper()]
    if len(shouted) > 1 or "!!" in sheet.issue.subject:
        return _("The subject is written in capitals, or calls out.")
    return ""


@look(
    gettext_lazy("The subject is not the one of the last letter."),
    mend=gettext_lazy("Write another one, so that readers can tell the two apart."),
)
def subject_new(sheet: Sheet) -> str:
    before = Issue.objects.started().exclude(pk=sheet.issue.pk)
    last = before.filter(edition=sheet.issue.edition_id).order_by("-started_at").first()
    same = last is not None and last.subject.strip().casefold() == sheet.subject.casefold()
    return _("The last letter had the same subject.") if same else ""


@look(
    gettext_lazy("Nothing in it waits to be written."),
    mend=gettext_lazy("Write what belongs there, or take it out."),
)
def no_placeholders(sheet: Sheet) -> str:
    bodies = [post.body_text for post in sheet.posts]
    left = PLACEHOLDER.findall("\n".join([sheet.by_hand, *bodies]))
    marks = list(dict.fromkeys(mark.strip() for mark in left))
    return about(_("This looks unfinished: %(those)s."), marks)


@look(
    gettext_lazy("The note is shorter than the posts."),
    mend=gettext_lazy("A long note may want to be a post of its own."),
)
def note_short(sheet: Sheet) -> str:
    of_posts = sum(len(line) for post in sheet.posts for line in [post.title, post.in_short])
    longer = len(sheet.issue.note) > max(of_posts, 600)
    return _("The note is longer than all that is said of the posts.") if longer else ""


@look(
    gettext_lazy("It has no hidden characters."),
    mend=gettext_lazy("Type the words anew instead of pasting them."),
)
def nothing_hidden(sheet: Sheet) -> str:
    hidden = sorted({c for c in sheet.by_hand if unicodedata.category(c) in HIDDEN} - FINE)
    if not hidden:
        return ""
    names = [f"U+{ord(c):04X}" for c in hidden]
    return _("There are characters in it that nobody sees: %(names)s.") % {
        "names": ", ".join(names[:3])
    }


@look(
    gettext_lazy("No word is too long for a telephone."),
    mend=gettext_lazy("Part it, or say it in other words."),
)
def words_short(sheet: Sheet) -> str:
    words = ADDRESS.sub(" ", sheet.by_hand).split()
    long = [f"{word[:20]}…" for word in words if len(word) > LONGEST_WORD]
    return about(_("This word is very long: %(those)s."), long)
