"""Connections to mail servers on which a whole answer has its time, not each letter of it."""

from __future__ import annotations

import smtplib
import socket
import time
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

LF = b"\n"
ANSWER_SECONDS, MOST_WORDS = 20.0, 8192


class _Lines:
    """What a server says, line by line; `end` is when its answer must be complete.

    smtplib's own reading has a time-out for each letter: a server that lets its answer drip would
    keep us for ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._heard = sock, b""
        self.end, self.most = 0.0, 0

    def readline(self, _most: int) -> bytes:
        while LF not in self._heard:
            if time.monotonic() > self.end:
                raise TimeoutError
            if not (more := self._sock.recv(MOST_WORDS)):
                return b""
            self._heard += more
        line, mark, self._heard = self._heard.partition(LF)
        self.most -= len(line)
        if self.most < 0:
            raise OSError("no end of words")
        return line + mark

    def close(self) -> None:
        pass  # the socket is smtplib's


class _InTime:
    """Of smtplib's connections: the whole answer has its time, from the greeting on."""

    sock: Any
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _Lines(self.sock)
        self.file.end, self.file.most = time.monotonic() + ANSWER_SECONDS, MOST_WORDS
        return super().getreply()  # type: ignore[misc]


class _Plain(_InTime, smtplib.SMTP):
    pass


class _Encrypted(_InTime, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    """Django knows how to greet, encrypt and log in."""

    @property
    def connection_class(self):
        return _Encrypted if self.use_ssl else _Plain
