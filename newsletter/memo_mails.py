"""The mails of memos: one function each. Like all mails they return a message and send nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from blog.models import Publication
from newsletter import emails, mail

if TYPE_CHECKING:
    from newsletter.models import Memo

PAGES = {
    "": "newsletter:manage",
    "stories": "newsletter:stories",
    "address": "newsletter:address",
}


def welcome(memo: Memo) -> EmailMessage:
    return _to_a_reader(memo, "welcome")


def already_in(memo: Memo) -> EmailMessage:
    return _to_a_reader(memo, "already-in")


def back(memo: Memo) -> EmailMessage:
    return _to_a_reader(memo, "back")


def reminder(memo: Memo) -> EmailMessage:
    """The same link as in the mail it reminds of."""
    token = memo.confirmation.token if memo.confirmation else ""
    return _short(memo, "reminder", url=_address("newsletter:confirm", token))


def link(memo: Memo) -> EmailMessage:
    url = _address(PAGES[memo.leads_to], memo.secret)
    return _short(memo, "link", url=url, leads_to=memo.leads_to)


def old_address(memo: Memo) -> EmailMessage:
    """Says that letters go elsewhere, and not where."""
    return _short(memo, "old-address", url=settings.SITE_URL + reverse("blog:help"))


def new_address(memo: Memo) -> EmailMessage:
    """Names nobody: the address may have been mistyped."""
    return _short(memo, "new-address", url=_address("newsletter:new-address", memo.secret))


BY_KIND: dict[str, Callable[[Memo], EmailMessage]] = {
    "welcome": welcome,
    "already-in": already_in,
    "reminder": reminder,
    "back": back,
    "link": link,
    "old-address": old_address,
    "new-address": new_address,
}


def _to_a_reader(memo: Memo, name: str) -> EmailMessage:
    """To somebody who is in: how to change, pause and stop is in it."""
    from newsletter import promises  # which needs the models, and they need this

    person, publication = memo.person, Publication.current()
    with mail.at_home(publication):
        true_now = promises.sentence(person)
    url = _address("newsletter:manage", person.manage_token)
    return _short(
        memo,
        name,
        url=url,
        pause_url=f"{url}#pause",
        stop_url=_address("newsletter:unsubscribe", person.unsubscribe_token),
        true_now=true_now,
    )


def _short(memo: Memo, name: str, **facts: Any) -> EmailMessage:
    """No list mail: it answers what its reader did, and brings no header to leave a list by."""
    publication = Publication.current()
    return mail.message(
        mail.render(f"newsletter/emails/{name}", facts, publication),
        to=memo.to,
        sender=publication.sender_called(publication.name),
        sent_at=memo.first_tried_at,
        headers={
            "Message-ID": emails.message_id(publication, "m", str(memo.pk)),
            "Auto-Submitted": "auto-generated",
        },
    )


def _address(name: str, token: str) -> str:
    return settings.SITE_URL + reverse(name, args=[token])
