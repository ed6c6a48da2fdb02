"""What was sent, to be read in the browser: only on the machine that sent it into files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter.mail import POLICY

SHOWN = 200


@dataclass(frozen=True)
class SentMail:
    """One `.eml` file."""

    name: str
    sent_at: datetime
    message: EmailMessage

    @classmethod
    def read(cls, path: Path) -> SentMail:
        with path.open("rb") as file:
            message = BytesParser(policy=policy.default).parse(file)
        return cls(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC), message)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part is not None else ""


def only_here(view):
    """Decided by settings, never by the request: elsewhere this page does not exist."""

    @require_safe
    @never_cache
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if not (settings.LOCAL_MODE and _folder()):
            raise Http404
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


@only_here
def index(request):
    mails = [SentMail.read(path) for path in _newest_first()[:SHOWN]]
    return render(request, "config/sent_mail.html", {"mails": mails})


@only_here
def letter(request, name: str):
    mail = _find(name)
    return render(request, "config/sent_mail_one.html", {"mail": mail, "text": linked(mail.text)})


@only_here
def html_part(request, name: str):
    """As a mail program would draw it, in a response of its own that alone has inline styles."""
    html = _find(name).html
    if not html:
        raise Http404
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY})


def linked(text: str) -> SafeString:
    """The text with this site's own addresses as links; everything else stays what it is."""
    pattern = re.compile(rf"({re.escape(settings.SITE_URL)}(?:/[^\s<>\"']*|(?![\w.:-])))")
    pieces = pattern.split(text)
    return format_html_join("", "{}", ((_piece(piece, n),) for n, piece in enumerate(pieces)))


def _piece(piece: str, number: int) -> SafeString | str:
    if number % 2 == 0:
        return piece
    address = piece.rstrip(".,;:!?)")
    return format_html('<a href="{}">{}</a>{}', address, address, piece[len(address) :])


def _folder() -> Path | None:
    path = getattr(settings, "EMAIL_FILE_PATH", None)
    return Path(path) if path else None


def _newest_first() -> list[Path]:
    folder = _folder()
    if folder is None or not folder.is_dir():
        return []
    whole = [path for path in folder.glob("*.eml") if not path.name.startswith(".")]
    return sorted(whole, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _find(name: str) -> SentMail:
    """By the list of what is there: a name from outside never becomes a path."""
    for path in _newest_first():
        if path.name == name:
            return SentMail.read(path)
    raise Http404
