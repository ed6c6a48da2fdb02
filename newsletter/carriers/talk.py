"""A conversation with a mail server: lines said, answers heard, all of them within their time."""

from __future__ import annotations

import re
import smtplib
import socket
import time

LINE = b"\r\n"
ANSWER_SECONDS, MOST_WORDS = 20.0, 8192
REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(\d{3})(?: ([^\n]*))?\r?\n")
NO_REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(?!\d{3}[ -]|\d{3}\r?\n)[^\n]*\n")
Answer = tuple[int, bytes]


class Talk:
    """Goes on where smtplib has greeted, encrypted and logged in.

    smtplib's own mail() and rcpt() take each address apart once more, which costs as much as the
    rest of a mail, and its getreply() waits for ever when an answer drips in letter by letter.
    """

    def __init__(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.sock: socket.socket = smtp.sock
        # RFC 2920: what belongs together may be said at once. It saves two of four journeys.
        self.pipelines = smtp.has_extn("pipelining")
        self._heard = b""

    def ask_all(self, *lines: str) -> list[Answer]:
        """Say these lines, hear what is answered to each; line by line, a no is the last."""
        if not all(line.isprintable() for line in lines):
            raise ValueError("not fit for an envelope")
        said = [line.encode("ascii") + LINE for line in lines]
        if self.pipelines:
            self.sock.sendall(b"".join(said))
            return [self.hear() for _line in said]
        answers: list[Answer] = []
        for line in said:
            self.sock.sendall(line)
            answers.append(self.hear())
            if not 200 <= answers[-1][0] < 400:
                break
        return answers

    def say(self, data: bytes) -> Answer:
        self.sock.sendall(data)
        return self.hear()

    def hear(self) -> Answer:
        """Code and words of one answer of one or more lines; -1: that was none."""
        end = time.monotonic() + ANSWER_SECONDS
        while not (found := REPLY.match(self._heard)):
            if len(self._heard) > MOST_WORDS or NO_REPLY.match(self._heard):
                return -1, self._heard[:80]
            if time.monotonic() > end:
                raise TimeoutError
            more = self.sock.recv(MOST_WORDS)
            if not more:
                raise smtplib.SMTPServerDisconnected
            self._heard += more
        self._heard = self._heard[found.end() :]
        return int(found[1]), (found[2] or b"").strip()
