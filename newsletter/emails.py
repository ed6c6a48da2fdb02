"""One function per mail: it takes rows, returns a message, sends nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from email.utils import formataddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import ngettext

from blog.models import Publication
from newsletter import digest, mail, tokens
from newsletter.letters import Form, Letter

if TYPE_CHECKING:
    from newsletter.models import Confirmation, Delivery, Issue, Proof, Subscriber

# Mail programs show what comes first; this keeps the titles out of a discreet letter's preview.
BLANK = "\u00a0\u200c" * 120
MESSAGE_ID = re.compile(r"<?([a-z])\.((?:\d{1,18}\.)?(\d{1,18}))\.([^@]+)@")


def confirmation(
    confirmation: Confirmation, *, publication: Publication | None = None
) -> EmailMessage:
    publication = publication or Publication.current()
    url = settings.SITE_URL + reverse("newsletter:confirm", args=[confirmation.token])
    facts = {"url": url, "letters": confirmation.letters}
    return mail.message(
        mail.render("newsletter/emails/confirmation", facts, publication),
        to=confirmation.subscriber.email,
        sender=publication.sender,
        sent_at=confirmation.first_tried_at,
        headers={
            "Message-ID": message_id(publication, "c", str(confirmation.pk)),
            "Auto-Submitted": "auto-generated",
        },
    )


def frozen(issue: Issue, publication: Publication, *, omits: int = 0) -> mail.Words:
    """A letter's words for everybody, with marks where each person's own go."""
    with mail.at_home(publication):
        letter = digest.letter(issue.words, omits=omits)
    facts = {
        "words": letter,
        "others": len(letter["posts"]) + len(letter["more"]) - 1,
        "stop_url": _stop_url(issue),
        "manage_url": settings.SITE_URL
        + reverse("newsletter:manage", args=[marks(issue)["manage"]]),
        "browser_url": ""
        if issue.edition.is_of_stories
        else settings.SITE_URL + issue.get_absolute_url(),
        "preheader": _preheader_mark(issue),
        "quotes": _marked_quotes(issue),
        "quotes_begin": f"{_quotes_mark(issue)}-begin",
        "quotes_end": f"{_quotes_mark(issue)}-end",
    }
    return mail.render("newsletter/emails/issue", facts, publication)


def form(
    issue: Issue,
    publication: Publication,
    *,
    omits: int = 0,
    quiet: bool = False,
    standing: Collection[int] = (),
) -> Form:
    """The frozen letter as it goes to everybody who had the same posts and likes it as quiet.

    `standing`: the quotes that were not taken back.
    """
    words = issue.variants.get(omits=omits) if omits else issue
    letter = digest.letter(issue.words, omits=omits)
    subject, sender, preheader = words.subject, publication.sender, letter["opening"]
    if quiet:
        subject = discreet_subject(letter, publication)
        sender = publication.sender_called(publication.name)
        preheader = subject + BLANK
    kind = issue.edition.kind
    return Form(
        subject=mail.one_line(subject),
        sender=sender,
        text=without_quotes(words.text, standing, issue),
        html=without_quotes(words.html, standing, issue).replace(
            _preheader_mark(issue), escape(preheader)
        ),
        stop_url=_stop_url(issue),
        marks=marks(issue),
        headers={
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": formataddr(
                (mail.one_line(publication.name), f"{kind}.newsletter.{publication.mail_domain}")
            ),
            "List-Archive": f"<{settings.SITE_URL}{reverse('newsletter:issues')}>",
            "Feedback-ID": f"{issue.period:%Y%m%d}:{kind}:newsletter:{_sender_id(publication)}",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "bulk",
            "Content-Language": mail.one_line(publication.language),
        },
    )


def copy(
    delivery: Delivery, reader: Subscriber, publication: Publication, *, marked: bool = True
) -> Letter:
    """What is this person's own in it. Tried again, it is the same mail.

    `marked`: for carriers that report back.
    """
    of_stories = delivery.issue.edition.is_of_stories
    return Letter(
        to=reader.email,
        own={
            "stop": reader.unfollow_token if of_stories else reader.unsubscribe_token,
            "manage": reader.manage_token,
        },
        message_id=message_id(publication, "d", f"{delivery.issue_id}.{delivery.pk}"),
        date=delivery.first_tried_at or timezone.now(),
        mark=delivery.mark if marked else "",
    )


def proof(proof: Proof) -> EmailMessage:
    """The letter as it stands, to who works on it; reports about it name no delivery."""
    publication = Publication.current()
    letter = Letter(
        to=proof.user.email,
        own=dict.fromkeys(marks(proof.issue), proof.token),
        message_id=message_id(publication, "p", f"{proof.issue_id}.{proof.pk}"),
        date=proof.first_tried_at or timezone.now(),
        mark=proof.token,
    )
    return proof.issue.form(quiet=proof.quiet).message(letter)


def discreet_subject(letter: dict, publication: Publication) -> str:
    """For people who share a screen: nothing in it names an illness."""
    count = len(letter["posts"]) + len(letter["more"])
    with mail.at_home(publication):
        subject = ngettext("New post from %(name)s", "New posts from %(name)s", count)
    return mail.one_line(subject % {"name": publication.name})


def _sender_id(publication: Publication) -> str:
    """Five to fifteen characters that mail hosts add complaints up by."""
    letters = re.sub("[^a-z0-9]", "", publication.mail_domain.lower())
    return letters[:15].ljust(5, "0")


def without_quotes(text: str, standing: Collection[int], issue: Issue) -> str:
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


def message_id(publication: Publication, kind: str, name: str) -> str:
    """The same at each attempt, so that a mail sent twice is known to be one."""
    mark = tokens.make(f"message {kind}", name)[len(name) :]
    return f"<{kind}.{name}.{mark}@{publication.mail_domain}>"


def named(message_id: str) -> tuple[str, int]:
    """The kind and the number of the row that a Message-ID names; none when not made here."""
    found = MESSAGE_ID.match(message_id.strip())
    if not found:
        return "", 0
    kind, name, number, mark = found.groups()
    made_here = tokens.is_mark(mark, f"message {kind}", name)
    return (kind, int(number)) if made_here else ("", 0)


def marks(letter: Issue) -> dict[str, str]:
    """What stands for each token of a person. Nobody could have written it: the id is random."""
    return {"stop": f"own-link-{letter.public_id}", "manage": f"own-page-{letter.public_id}"}


def _stop_url(letter: Issue) -> str:
    """The one link of the headers: it ends these letters, and nothing else."""
    mark = marks(letter)["stop"]
    if letter.edition.is_of_stories:
        return settings.SITE_URL + reverse("newsletter:unfollow", args=[letter.public_id, mark])
    return settings.SITE_URL + reverse("newsletter:unsubscribe", args=[mark])


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
