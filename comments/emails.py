"""Mails to who wrote or watches: one function each. No reply's text stands in any of them, and no
subject names a post: these mails are read where others look on."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from blog.models import Publication
from newsletter import mail, tokens
from newsletter.emails import message_id

if TYPE_CHECKING:
    from comments.models import Notice, Receipt

Row = Any  # a Receipt or a Notice


def prove(receipt: Receipt) -> EmailMessage:
    """To an address that somebody typed: names nothing, and asks."""
    return _mail(receipt, "prove", url=_address("comments:prove", receipt.token))


def asked_to_watch(receipt: Receipt) -> EmailMessage:
    return _mail(receipt, "watch", url=_address("comments:prove", receipt.token))


def link(receipt: Receipt) -> EmailMessage:
    """To the proved address: the page where all their replies stand by now."""
    holder = receipt.holder
    return _mail(receipt, "link", url=_address("comments:mine", holder.token if holder else ""))


def received(receipt: Receipt) -> EmailMessage:
    """To somebody known: no need to ask."""
    writer = receipt.writer
    newest = writer and writer.comments.waiting().select_related("post__author").last()
    facts = {"post": newest.post if newest else None}
    return _about_own(receipt, "received", writer, **facts)


def published(notice: Notice) -> EmailMessage:
    return _about_own(notice, "published", notice.writer, post=_post(notice))


def answered(notice: Notice) -> EmailMessage:
    comment = notice.comment
    facts = {
        "post": _post(notice),
        "author": comment.author if comment else None,
        "answer_url": settings.SITE_URL + comment.get_absolute_url() if comment else "",
    }
    return _about_own(notice, "answered", notice.writer, **facts)


def thread(notice: Notice) -> EmailMessage:
    """Counts what is new; nobody's name, nobody's words."""
    watch, new = notice.watch, notice.new_replies().select_related("post")
    first = new.order_by("published_at", "pk").first()
    address = first.get_absolute_url() if first else ""
    return _of_a_list(
        notice,
        "thread",
        stop=_stop_url("thread", watch),
        post=watch.post if watch else None,
        count=new.count(),
        url=settings.SITE_URL + address,
    )


NOTICES: dict[str, Callable[[Notice], EmailMessage]] = {
    "published": published,
    "answered": answered,
    "thread": thread,
}


def stops(kind: str) -> str:
    """The purpose of the link that stops this kind of mail, and nothing else."""
    return f"stop {kind}"


def _post(notice: Notice) -> Any:
    return notice.comment.post if notice.comment else None


def _about_own(row: Row, kind: str, writer: Any, **facts: Any) -> EmailMessage:
    """A mail about a reply of theirs: their private page is in it."""
    url = settings.SITE_URL + writer.get_absolute_url()
    return _of_a_list(
        row, kind, stop=_stop_url(kind, writer), url=url, choose_url=f"{url}#mails", **facts
    )


def _of_a_list(row: Row, kind: str, *, stop: str, **facts: Any) -> EmailMessage:
    """One that they may get again: with a way out for just its kind, and the way to a pause."""
    publication = Publication.current()
    manage_url = _address("newsletter:manage", row.subscriber.manage_token)
    list_id = f"{kind}.replies.{publication.mail_domain}"
    headers = {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": formataddr((mail.one_line(publication.name), list_id)),
        "X-Auto-Response-Suppress": "All",
    }
    facts = {"choose_url": manage_url} | facts
    facts |= {"stop_url": stop, "pause_url": f"{manage_url}#pause"}
    return _mail(row, kind, publication=publication, headers=headers, **facts)


def _mail(
    row: Row,
    name: str,
    *,
    publication: Publication | None = None,
    headers: dict[str, str] | None = None,
    **facts: Any,
) -> EmailMessage:
    publication = publication or Publication.current()
    quiet = {"quiet": row.subscriber.quiet}
    own = {
        "Message-ID": message_id(publication, row.LETTER, str(row.pk)),
        "Auto-Submitted": "auto-generated",
    }
    return mail.message(
        mail.render(f"comments/emails/{name}", facts | quiet, publication),
        to=row.subscriber.email,
        sender=publication.sender_called(publication.name),
        sent_at=row.first_tried_at,
        headers=own | (headers or {}),
    )


def _stop_url(kind: str, whose: Any) -> str:
    """`whose`: the writer who has this switch, or the watch itself."""
    token = tokens.make(stops(kind), whose.public_id)
    return settings.SITE_URL + reverse("comments:stop", args=[kind, token])


def _address(name: str, token: str) -> str:
    return settings.SITE_URL + reverse(name, args=[token])
