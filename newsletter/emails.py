"""One function per mail: it takes rows, returns a message, sends nothing."""

from __future__ import annotations

import re
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.crypto import constant_time_compare
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
    html = letter.html.replace(_preheader_mark(letter), escape(preheader))
    mark = _link_mark(letter)
    list_id = f"{letter.edition.kind}.newsletter.{publication.mail_domain}"
    message = mail.message(
        mail.Words(subject, letter.text.replace(mark, token), html.replace(mark, token)),
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
    message.metadata = {"delivery": delivery.mark}  # type: ignore[attr-defined]  # for anymail
    return message


def discreet_subject(letter: Issue, publication: Publication) -> str:
    """For people who share a screen: nothing in it names an illness."""
    count = len(letter.words["posts"]) + len(letter.words["more"])
    with mail.at_home(publication):
        subject = ngettext("New post from %(name)s", "New posts from %(name)s", count)
    return mail.one_line(subject % {"name": publication.name})


def _message_id(publication: Publication, kind: str, name: str) -> str:
    """The same at each attempt, so that a mail sent twice is known to be one."""
    mark = tokens.make(f"message {kind}", name)[len(name) :]
    return f"<{kind}.{name}.{mark}@{publication.mail_domain}>"


def delivery_of(message_id: str) -> int | None:
    """The number of the delivery that a Message-ID names; None when it was not made here."""
    found = re.match(r"<?d\.(\d{1,18}\.(\d{1,18}))\.([^@]+)@", message_id)
    if not found:
        return None
    name, number, mark = found.groups()
    made_here = constant_time_compare(tokens.make("message d", name)[len(name) :], mark)
    return int(number) if made_here else None


def _link_mark(letter: Issue) -> str:
    """Stands for the personal link. Nobody could have written it: the id is random."""
    return f"own-link-{letter.public_id}"


def _preheader_mark(letter: Issue) -> str:
    return f"preheader-{letter.public_id}"
