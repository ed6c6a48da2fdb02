"""A mail provider on this machine: it speaks Mailgun's and Resend's protocol as anymail calls them.

A batch becomes the single mails that people would get, so that a test can see what each one sees.
In a test: `with Provider() as sink:`. As a process: python -m tests.sinks.provider --ledger FILE
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.sinks import process
from tests.sinks.protocols import Call, Mail, MailgunCall, Refused, ResendCall, resend_refuses
from tests.sinks.trouble import Ledger, Trouble, Troubles


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
                    raise resend_refuses(
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
        path, provider = self.path.partition("?")[0].rstrip("/"), self.server.provider
        if re.fullmatch(r"/v3/[^/]+/messages", path):
            return MailgunCall(provider.key, provider.domain, path, self.headers, body)
        if path in {"/emails", "/emails/batch"}:
            return ResendCall(provider.key, path, self.headers, body)
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


def main() -> None:
    options = process.parse("tests.sinks.provider")
    with Provider(options.port, options.ledger, keep=False) as sink:
        process.obey(sink)


if __name__ == "__main__":
    main()
