"""Every way out, to a server of our own: what it is told to do wrong, and what each person got."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

from newsletter import carriers
from tests.sinks.provider import Provider
from tests.sinks.smtp import Smtp


@dataclass(frozen=True)
class Got:
    """One mail as its reader's program shows it. `raw`: its bytes, where the way has them."""

    recipient: str
    to: str
    subject: str
    sender: str
    headers: dict[str, str]
    text: str
    html: str
    raw: bytes = b""

    @property
    def everything(self) -> str:
        return repr((self.to, self.subject, self.sender, self.headers, self.text, self.html))


def by_smtp(settings, sink: Smtp) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 0.3


def by_mailgun(settings, sink: Provider) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = _anymail(
        MAILGUN_API_KEY="KEY",
        MAILGUN_SENDER_DOMAIN=sink.domain,
        MAILGUN_API_URL=f"http://127.0.0.1:{sink.port}/v3/",
    )


def by_resend(settings, sink: Provider) -> None:
    settings.EMAIL_BACKEND = "newsletter.carriers.resend.EmailBackend"
    settings.ANYMAIL = _anymail(
        RESEND_API_KEY="KEY", RESEND_API_URL=f"http://127.0.0.1:{sink.port}/"
    )


def by_files(settings, folder: Path) -> None:
    settings.EMAIL_BACKEND = "newsletter.carriers.FileBackend"
    settings.EMAIL_FILE_PATH = str(folder)


def only(number: int) -> str:
    """The address of one of `letter_to(100)`."""
    return f"reader{number:03}@example.com"


def once_each(sink: Smtp | Provider, count: int) -> bool:
    """Whether each of `letter_to(count)` got one mail, and nobody else."""
    return sorted(sink.recipients) == [only(number) for number in range(count)]


def states(issue) -> dict[str, int]:
    return issue.deliveries.counts()


def _anymail(**more) -> dict:
    return {"REQUESTS_TIMEOUT": (1, 0.3), "IGNORE_RECIPIENT_STATUS": True, **more}


def read(raw: bytes, recipient: str = "") -> Got:
    mail = message_from_bytes(raw, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Got(
        recipient=recipient or str(mail["To"]),
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        sender=str(mail["From"]),
        headers={name.lower(): str(value).strip() for name, value in mail.items()},
        text=_lines(text.get_content()),
        html=_lines(html.get_content()),
        raw=raw,
    )


def of_smtp(sink: Smtp) -> list[Got]:
    return [read(mail.raw, mail.recipient) for mail in sink.taken]


def of_files(folder: Path) -> list[Got]:
    return [read(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def of_mailbox(mails: list) -> list[Got]:
    return [read(mail.message().as_bytes(), mail.recipients()[0]) for mail in mails]


def of_provider(sink: Provider) -> list[Got]:
    return [
        Got(
            recipient=mail.recipient,
            to=", ".join(mail.to),
            subject=mail.subject,
            sender=mail.sender,
            headers={name.lower(): value for name, value in mail.headers.items()},
            text=_lines(mail.text),
            html=_lines(mail.html),
        )
        for mail in sink.taken
    ]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


class Fake(carriers.Carrier):
    """Does what it is told at each call; remembers to whom each went."""

    def __init__(self, name="fake", most=1, repeats_for=None):
        super().__init__(name)
        self.most, self.repeats_for = most, repeats_for
        self.calls, self.got, self.keys = [], [], set()
        self.on_call = lambda number, people, key: None

    def send_letter(self, form, letter):
        self.send_letters(form, [letter], key="")

    def send_letters(self, form, letters, *, key):
        people = [letter.to for letter in letters]
        self.calls.append((key, people))
        self.on_call(len(self.calls), people, key)
        if not key or key not in self.keys:  # as Resend does: a key counts once
            self.got += people
        self.keys.add(key)
        return {}


class Http(Exception):
    def __init__(self, status, retry_after=""):
        self.status_code = status
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.response = SimpleNamespace(headers=headers, status_code=status)
