"""Templates to mails: one context gives the subject, the text part and the HTML part."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

import css_inline
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import Truncator

from blog import markup
from blog.models import Publication

COLUMNS = 72
SUBJECT_LENGTH = 150
# A mail may bring its own styles, nothing else: no script, no picture, no form. Its links open.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)
# Only what stands in the template itself: nothing is ever fetched. @media rules stay for the dark.
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


class Words(NamedTuple):
    subject: str
    text: str
    html: str


@contextmanager
def at_home(publication: Publication) -> Iterator[None]:
    """The publication's language and clock, for work that no request brings with it."""
    with translation.override(publication.language), timezone.override(publication.zone):
        yield


def render(name: str, context: dict[str, Any], publication: Publication) -> Words:
    """The three templates of one mail, of one context."""
    facts = {"publication": publication, "site_url": settings.SITE_URL} | context
    with at_home(publication):
        subject = one_line(render_to_string(f"{name}/subject.txt", facts))
        text = wrapped(render_to_string(f"{name}/body.txt", facts))
        html = render_to_string(f"{name}/body.html", facts | {"subject": subject})
    return Words(subject, text, INLINER.inline(html))


def message(
    words: Words, *, to: str, sender: str, sent_at: datetime | None, headers: dict[str, str]
) -> EmailMultiAlternatives:
    """One mail to one person. Tried again, it is the same mail: its id and date do not change."""
    date = format_datetime(sent_at or timezone.now())
    mail = EmailMultiAlternatives(
        words.subject, words.text, sender, [to], headers={"Date": date} | headers
    )
    mail.attach_alternative(words.html, "text/html")
    return mail


def as_bytes(message: EmailMessage) -> bytes:
    """As it goes over the wire."""
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own


def one_line(text: str) -> str:
    """Fit for a header: no line break, nothing a mail program would decode once more."""
    line = " ".join(markup.clean_text(text).split()).replace("=?", "= ?")
    return Truncator(line).chars(SUBJECT_LENGTH)


def wrapped(text: str) -> str:
    """At most 72 columns; an address stands alone on its line and is never broken."""
    lines = "\n".join(_wrapped_line(line.strip()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _wrapped_line(line: str) -> str:
    if line.startswith(("http://", "https://")):
        return line
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, COLUMNS, subsequent_indent=indent, break_on_hyphens=False)
