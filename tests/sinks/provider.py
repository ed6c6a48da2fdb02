"""A mail provider on this machine: it speaks Mailgun's and Resend's protocol as anymail calls them.

A batch becomes the single mails that people would get, so that a test can see what each one sees.
In a test: `with Provider() as sink:`. As a process: python -m tests.sinks.provider --ledger FILE
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from email.utils import formataddr, getaddresses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.sinks import process
from tests.sinks.trouble import Ledger, Trouble, Troubles

MAILGUN_LIMIT, RESEND_LIMIT = 1000, 100
VARIABLE = re.compile(r"%recipient\.([^%]+)%")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class Mail:
    """What one recipient got."""

    recipient: str
    to: list[str]  # whom they see it addressed to
    subject: str
    sender: str
    text: str
    html: str
    headers: dict[str, str]
    metadata: dict[str, str]
    message_id: str  # the header's, or else the provider's own
    provider_id: str
    at: float = field(default_factory=time.time)


class Refused(Exception):
    """The provider says no: an HTTP status, and a body in its own manner."""

    def __init__(self, status: int, body: dict[str, Any]):
        super().__init__(status)
        self.status, self.body = status, body


class Provider:
    """The server, a thread for each connection."""

    def __init__(
        self,
        port: int = 0,
        ledger: Path | str | None = None,
        keep: bool = True,
        key: str = "KEY",
        domain: str = "mg.example.org",
    ):
        self.port, self.key, self.domain = port, key, domain
        self.taken: list[Mail] = []
        self.calls = 0
        self.connections = 0
        self.sizes: list[int] = []  # recipients of each call that was taken
        self.keep = keep
        self._ledger = Ledger(ledger)
        self._troubles = Troubles()
        self._answered: dict[str, tuple[str, object]] = {}
        self._lock = threading.Lock()

    @property
    def mailgun_url(self) -> str:
        return process.mailgun_url(self.port, self.key, self.domain)

    @property
    def resend_url(self) -> str:
        return process.resend_url(self.port, self.key)

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.taken]

    def trouble(self, step: str = "call", **how) -> None:
        """`sink.trouble(answer="429", retry_after=7, times=2)`; `taken=True`: accepted all the
        same; `who="gone@*"`: whenever such an address is in the call."""
        self._troubles.add(step, **how)

    def behave(self) -> None:
        self._troubles.forget()

    def hang_up(self) -> None:
        """Close every open connection without a word."""
        self._server.hang_up()

    def __enter__(self) -> Provider:
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()
        self._ledger.close()

    def met(self, recipients: list[str]) -> Trouble | None:
        with self._lock:
            self.calls += 1
            return self._troubles.met("call", recipients)

    def take(self, call: Call) -> object:
        """Deliver, unless this very call was taken before; the answer to it."""
        with self._lock:
            if call.key and call.key in self._answered:
                first, answer = self._answered[call.key]
                if first != call.body:
                    raise _resend(
                        409, "invalid_idempotent_request", "Same key, but another request."
                    )
                return answer
            # Kept or not, one after the other: a thousand letters at once are many megabytes.
            self._ledger.note((mail.recipient, mail.message_id) for mail in call.mails())
            self.sizes.append(len(call.recipients))
            if self.keep:
                self.taken += call.mails()
            if call.key:
                self._answered[call.key] = call.body, call.answer
            return call.answer


class Call:
    """One request that is in order: whom it is for, the answer to it, and the mails it makes."""

    key = ""
    body = ""
    recipients: list[str]
    answer: object

    def mails(self) -> Iterator[Mail]:
        raise NotImplementedError


class MailgunCall(Call):
    def __init__(self, provider: Provider, path: str, headers, body: bytes):
        expected = base64.b64encode(f"api:{provider.key}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            raise Refused(401, {"message": "Forbidden"})
        domain = unquote(path.split("/")[2])
        if domain != provider.domain:
            raise Refused(404, {"message": f"Domain not found: {domain}"})
        self.fields = _form(headers.get("Content-Type", ""), body)
        self.to = self._addresses("to")
        copies = self._addresses("cc") + self._addresses("bcc")
        self.recipients = [address for _name, address in self.to + copies]
        for name in ("from", "to"):
            if not self.fields.get(name):
                raise Refused(400, {"message": f"{name} parameter is missing"})
        if not all(ADDRESS.fullmatch(address) for address in self.recipients):
            said = "to parameter is not a valid address. please check documentation"
            raise Refused(400, {"message": said})
        if len(self.recipients) > MAILGUN_LIMIT:
            raise Refused(400, {"message": f"at most {MAILGUN_LIMIT} recipients in one call"})
        variables = self._one("recipient-variables")
        self.variables = None if variables is None else json.loads(variables)
        self.id = f"<{uuid.uuid4().hex}@{domain}>"
        self.answer = {"id": self.id, "message": "Queued. Thank you."}

    def mails(self) -> Iterator[Mail]:
        """As the real one: without recipient-variables, everybody sees the whole To list."""
        everybody = [formataddr(pair) for pair in self.to]
        single = {name: _Template(values[0]) for name, values in self.fields.items() if values}
        if self.variables is None:
            yield from (self._mail(single, who, everybody, None) for who in self.recipients)
            return
        copies = self.recipients[len(self.to) :]
        for (_name, address), shown in zip(self.to, everybody, strict=True):
            for who in [address, *copies]:
                yield self._mail(single, who, [shown], self.variables.get(address, {}))

    def _mail(self, single: dict[str, _Template], who: str, to: list[str], variables) -> Mail:
        fields = {name: text.fill(variables) for name, text in single.items()}
        headers = {name[2:]: text for name, text in fields.items() if name.startswith("h:")}
        return Mail(
            recipient=who,
            to=to,
            subject=fields.get("subject", ""),
            sender=fields["from"],
            text=fields.get("text", ""),
            html=fields.get("html", ""),
            headers=headers,
            metadata={name[2:]: text for name, text in fields.items() if name.startswith("v:")},
            message_id=_message_id(headers) or self.id,
            provider_id=self.id,
        )

    def _addresses(self, name: str) -> list[tuple[str, str]]:
        return getaddresses(self.fields.get(name, []))

    def _one(self, name: str) -> str | None:
        return self.fields.get(name, [None])[0]


class ResendCall(Call):
    def __init__(self, provider: Provider, path: str, headers, body: bytes):
        given = headers.get("Authorization", "")
        if not given:
            raise _resend(401, "missing_api_key", "Missing API key in the authorization header.")
        if given != f"Bearer {provider.key}":
            raise _resend(401, "invalid_api_key", "API key is invalid.")
        self.key = headers.get("Idempotency-Key", "")
        if len(self.key) > 256:
            raise _resend(400, "invalid_idempotency_key", "The key must have 1 to 256 characters.")
        said = json.loads(body)
        # What was said, not how it was spelt; and only its hash, as there may be many.
        self.body = hashlib.sha256(json.dumps([path, said], sort_keys=True).encode()).hexdigest()
        batch = path == "/emails/batch"
        self.parts: list[dict[str, Any]] = said if batch else [said]
        if batch and not (isinstance(said, list) and 1 <= len(said) <= RESEND_LIMIT):
            raise _resend(422, "validation_error", f"1 to {RESEND_LIMIT} mails in one batch.")
        self.recipients = [who for part in self.parts for who in self._whom(part)]
        self.ids = [str(uuid.uuid4()) for _ in self.parts]
        self.answer = (
            {"data": [{"id": name} for name in self.ids]} if batch else {"id": self.ids[0]}
        )

    def _whom(self, part: dict[str, Any]) -> list[str]:
        for name in ("from", "to", "subject"):
            if not part.get(name):
                raise _resend(422, "missing_required_field", f"Missing `{name}` field.")
        if not part.get("text") and not part.get("html"):
            raise _resend(422, "missing_required_field", "Missing `html` or `text` field.")
        if len(part["to"]) > 50:
            raise _resend(422, "validation_error", "At most 50 addresses in `to`.")
        lists = (part.get(name, []) for name in ("to", "cc", "bcc"))
        addresses = [address for given in lists for _name, address in getaddresses(given)]
        if not all(ADDRESS.fullmatch(address) for address in addresses):
            raise _resend(422, "validation_error", "Invalid `to` field.")
        return addresses

    def mails(self) -> Iterator[Mail]:
        for part, name in zip(self.parts, self.ids, strict=True):
            for who in self._whom(part):
                yield self._mail(part, who, name)

    def _mail(self, part: dict[str, Any], who: str, name: str) -> Mail:
        headers = part.get("headers", {})
        return Mail(
            recipient=who,
            to=part["to"],
            subject=part["subject"],
            sender=part["from"],
            text=part.get("text", ""),
            html=part.get("html", ""),
            headers=headers,
            metadata=json.loads(headers.get("X-Metadata", "{}")),
            message_id=_message_id(headers) or name,
            provider_id=name,
        )


class _Template:
    """`%recipient.key%` filled in for a thousand people without reading the text again."""

    def __init__(self, text: str):
        self.parts = VARIABLE.split(text)

    def fill(self, variables: dict[str, Any] | None) -> str:
        """What is not known stays as it is, so that a test sees it."""
        if len(self.parts) == 1:
            return self.parts[0]
        known = variables or {}
        filled = self.parts[:]
        filled[1::2] = [str(known.get(name, f"%recipient.{name}%")) for name in self.parts[1::2]]
        return "".join(filled)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address, provider: Provider):
        self.provider = provider
        self.lines: set[socket.socket] = set()
        super().__init__(address, _Line)

    def hang_up(self) -> None:
        for line in list(self.lines):
            _cut(line)

    def handle_error(self, request, client_address) -> None:
        """Who leaves before the answer is no error here."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Line(BaseHTTPRequestHandler):
    """One connection. Buffered and at once: an answer in small packets costs 40 ms."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.provider.connections += 1
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        with contextlib.suppress(OSError):  # they left first
            super().finish()

    def do_POST(self) -> None:
        provider = self.server.provider
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            call = self._call(body)
            trouble = provider.met(call.recipients)
            answer = provider.take(call) if trouble and trouble.taken else None
            if trouble and self._make(trouble):
                return
            self._answer(200, answer or provider.take(call))
        except Refused as no:
            self._answer(no.status, no.body)

    def _call(self, body: bytes) -> Call:
        path = self.path.partition("?")[0].rstrip("/")
        if re.fullmatch(r"/v3/[^/]+/messages", path):
            return MailgunCall(self.server.provider, path, self.headers, body)
        if path in {"/emails", "/emails/batch"}:
            return ResendCall(self.server.provider, path, self.headers, body)
        raise Refused(404, {"message": "Not Found"})

    def _make(self, trouble: Trouble) -> bool:
        """Hang, then drop the line or answer. False: go on as if nothing had been."""
        time.sleep(min(trouble.seconds, 3600))
        if trouble.drop:
            self.close_connection = True
            _cut(self.connection)
        elif trouble.answer:
            wait = {} if trouble.retry_after is None else {"Retry-After": str(trouble.retry_after)}
            self._answer(int(trouble.answer), {"message": "no", "name": "no"}, wait)
        return trouble.drop or bool(trouble.answer)

    def _answer(self, status: int, body: object, more: dict[str, str] | None = None) -> None:
        said = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format, *args) -> None:
        pass


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # was closed already
        line.shutdown(socket.SHUT_RDWR)


def _form(kind: str, body: bytes) -> dict[str, list[str]]:
    if not kind.startswith("multipart/"):
        return parse_qs(body.decode(), keep_blank_values=True)
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    fields: dict[str, list[str]] = {}
    for part in whole.iter_parts():
        if part.get_filename() is None:
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True).decode()
            fields.setdefault(name, []).append(value)
    return fields


def _message_id(headers: dict[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "message-id"), "")


def _resend(status: int, name: str, message: str) -> Refused:
    return Refused(status, {"statusCode": status, "name": name, "message": message})


def main() -> None:
    options = process.parse("tests.sinks.provider")
    with Provider(options.port, options.ledger, keep=False) as sink:
        process.obey(sink)


if __name__ == "__main__":
    main()
