"""One function per mail: it takes rows, returns a message, sends nothing."""

from __future__ import annotations

import re
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import ngettext

from blog.models import Publication
from newsletter import mail, tokens

if TYPE_CHECKING:
    from newsletter.models import Confirmation, Delivery, Issue, Subscriber

# Mail programs show what comes first; this keeps the titles out of a discreet letter's preview.
BLANK = "\u00a0\u200c" * 120


def confirmation(confirmation: Confirmation) -> EmailMessage:
    publication = Publication.current()
    url = settings.SITE_URL + reverse("newsletter:confirm", args=[confirmation.token])
    return mail.message(
        mail.render("newsletter/emails/confirmation", {"url": url}, publication),
        to=confirmation.subscriber.email,
        sender=publication.sender,
        sent_at=confirmation.first_tried_at,
        headers={
            "Message-ID": _message_id(publication, "c", str(confirmation.pk)),
            "Auto-Submitted": "auto-generated",
        },
    )


def frozen(issue: Issue, publication: Publication) -> mail.Words:
    """A letter's words for everybody, with marks where each person's own go."""
    facts = {
        "words": issue.words,
        "others": len(issue.words["posts"]) + len(issue.words["more"]) - 1,
        "stop_url": settings.SITE_URL + reverse("newsletter:unsubscribe", args=[_link_mark(issue)]),
        "preheader": _preheader_mark(issue),
        "quotes": _marked_quotes(issue),
        "quotes_begin": f"{_quotes_mark(issue)}-begin",
        "quotes_end": f"{_quotes_mark(issue)}-end",
    }
    return mail.render("newsletter/emails/issue", facts, publication)


def issue(delivery: Delivery, reader: Subscriber) -> EmailMessage:
    """The frozen letter, with this person's own link filled in."""
    letter = delivery.issue
    publication = Publication.current()
    token = reader.unsubscribe_token
    stop_url = settings.SITE_URL + reverse("newsletter:unsubscribe", args=[token])
    subject, sender, preheader = letter.subject, publication.sender, letter.words["opening"]
    if reader.quiet:
        subject = discreet_subject(letter, publication)
        sender = formataddr((publication.name, parseaddr(publication.sender)[1]))
        preheader = subject + BLANK
    text, html = as_it_stands(letter)
    html = html.replace(_preheader_mark(letter), escape(preheader))
    mark = _link_mark(letter)
    list_id = f"{letter.edition.kind}.newsletter.{publication.mail_domain}"
    return mail.message(
        mail.Words(subject, text.replace(mark, token), html.replace(mark, token)),
        to=reader.email,
        sender=sender,
        sent_at=delivery.first_tried_at,
        headers={
            "Message-ID": _message_id(publication, "d", f"{letter.pk}.{delivery.pk}"),
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": formataddr((publication.name, list_id)),
            "Precedence": "bulk",
        },
    )


def discreet_subject(letter: Issue, publication: Publication) -> str:
    """For people who share a screen: nothing in it names an illness."""
    count = len(letter.words["posts"]) + len(letter.words["more"])
    with mail.at_home(publication):
        subject = ngettext("New post from %(name)s", "New posts from %(name)s", count)
    return mail.one_line(subject % {"name": publication.name})


def as_it_stands(letter: Issue) -> tuple[str, str]:
    """Its text and HTML as they may leave now: what readers took back since is not in them."""
    if _quotes_mark(letter) not in letter.text:
        return letter.text, letter.html
    ids = letter.chosen_quotes.standing_ids()
    return without_quotes(letter.text, ids, letter), without_quotes(letter.html, ids, letter)


def without_quotes(text: str, standing: set[int], issue: Issue) -> str:
    """A letter's text or HTML without the marks, and without the quotes that stand no more.

    The heading above them goes with the last one.
    """
    block = _quote_block(issue, r"\d+")
    mark = _quotes_mark(issue)
    section = re.compile(rf"{mark}-begin\n?(.*?){mark}-end\n*", re.DOTALL)

    def kept(quote: re.Match[str]) -> str:
        return quote[2] if int(quote[1]) in standing else ""

    def shown(quotes: re.Match[str]) -> str:
        stands = any(int(quote[1]) in standing for quote in block.finditer(quotes[1]))
        return block.sub(kept, quotes[1]) if stands else ""

    return section.sub(shown, text)


def without_quote(text: str, quote: int, issue: Issue) -> str:
    """A frozen text or HTML without this one; the marks of all others stay."""
    return _quote_block(issue, str(quote)).sub("", text)


def _message_id(publication: Publication, kind: str, name: str) -> str:
    """The same at each attempt, so that a mail sent twice is known to be one."""
    mark = tokens.make(f"message {kind}", name)[len(name) :]
    return f"<{kind}.{name}.{mark}@{publication.mail_domain}>"


def _link_mark(letter: Issue) -> str:
    """Stands for the personal link. Nobody could have written it: the id is random."""
    return f"own-link-{letter.public_id}"


def _preheader_mark(letter: Issue) -> str:
    return f"preheader-{letter.public_id}"


def _quotes_mark(letter: Issue) -> str:
    """Stands before and after all quotes; as unguessable as the others."""
    return f"quotes-{letter.public_id}"


def _marked_quotes(letter: Issue) -> list[dict[str, Any]]:
    """Each quote between two marks, between which it can be cut out of the frozen words."""
    if not letter.pk:
        return []
    return [
        {
            "begins": f"quote-{letter.public_id}-{chosen.quote_id}-begins",
            "quote": chosen.quote,
            "ends": f"quote-{letter.public_id}-{chosen.quote_id}-ends",
        }
        for chosen in letter.chosen_quotes.standing()
    ]


def _quote_block(letter: Issue, number: str) -> re.Pattern[str]:
    mark = f"quote-{letter.public_id}"
    return re.compile(rf"{mark}-({number})-begins\n?(.*?){mark}-\1-ends\n?", re.DOTALL)
