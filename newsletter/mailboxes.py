"""Where mails come back to: a mailbox on a server, a folder, a file, or one mail by a pipe.

What was understood is marked as read. What was not stays as it is, for a person to look at.
"""

from __future__ import annotations

import contextlib
import imaplib
import mailbox
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from newsletter import reports
from newsletter.models import MailEvent
from newsletter.models.events import MAILBOX

AT_ONCE = 500  # the newest first; the rest has its turn next time
SECONDS, ALL_SECONDS = 20, 300  # for one answer; for all of it, however slowly they drip
LEFT = "NotAReport"  # a keyword of our own, so that the same mail is not fetched again and again
OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Unreadable(Exception):
    """Why a mailbox could not be read: an error's name, never an address or a password."""


class _InTime:
    """Of imaplib's connections: the whole conversation has its time, not only each letter of it."""

    sock: Any

    def open(self, *args, **kwargs) -> None:
        super().open(*args, **kwargs)  # type: ignore[misc]
        self._end = threading.Timer(ALL_SECONDS, self._hang_up)
        self._end.daemon = True
        self._end.start()

    def shutdown(self) -> None:
        self._end.cancel()
        super().shutdown()  # type: ignore[misc]

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _Plain(_InTime, imaplib.IMAP4):
    pass


class _Encrypted(_InTime, imaplib.IMAP4_SSL):
    pass


@dataclass
class Counts:
    reports: int = 0
    others: int = 0

    def take(self, raw: bytes) -> bool:
        """Note what a mail reports. False: it is no report about a mail of ours."""
        event = reports.read(raw)
        if event is None:
            self.others += 1
            return False
        MailEvent.objects.note(MAILBOX, event)
        self.reports += 1
        return True


@dataclass
class Maildir:
    """A folder that a mail server delivers into: `new` and `cur`, a file a mail."""

    path: Path
    counts: Counts = field(default_factory=Counts)

    def read(self) -> Counts:
        if not (self.path / "cur").is_dir():
            raise Unreadable("NotADirectoryError")
        for file in [*self.path.glob("new/*"), *self.path.glob("cur/*")]:
            name, _mark, flags = file.name.partition(":2,")
            if "S" in flags or not file.is_file():
                continue
            with file.open("rb") as mail:
                understood = self.counts.take(mail.read(reports.LARGEST))
            if understood:
                seen = "".join(sorted({*flags, "S"}))
                file.rename(self.path / "cur" / f"{name}:2,{seen}")
        return self.counts


@dataclass
class Mbox:
    """Many mails in one file, which is only read: somebody may be writing it."""

    path: Path
    counts: Counts = field(default_factory=Counts)

    def read(self) -> Counts:
        if not self.path.is_file():
            raise Unreadable("FileNotFoundError")
        with contextlib.closing(mailbox.mbox(self.path, create=False)) as box:
            for key in box.iterkeys():
                self.counts.take(box.get_file(key).read(reports.LARGEST))
        return self.counts


@dataclass
class Imap:
    """A mailbox on a server: imaps://user:password@host/folder."""

    url: str
    counts: Counts = field(default_factory=Counts)

    def read(self) -> Counts:
        with self._folder() as box:
            for uid in self._unread(box):
                if mail := self._fetch(box, uid):
                    flag = r"\Seen" if self.counts.take(mail) else LEFT
                    box.uid("STORE", uid, "+FLAGS.SILENT", f"({flag})")
        return self.counts

    def look(self) -> None:
        """Only see whether it can be opened."""
        with self._folder():
            pass

    def _unread(self, box: imaplib.IMAP4) -> list[str]:
        _said, [found] = box.uid("SEARCH", "UNSEEN", "UNKEYWORD", LEFT)
        uids = sorted((found or b"").split(), key=int, reverse=True)
        return [uid.decode() for uid in uids[:AT_ONCE]]

    def _fetch(self, box: imaplib.IMAP4, uid: str) -> bytes:
        _said, parts = box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{reports.LARGEST}>)")
        return next((part[1] for part in parts if isinstance(part, tuple)), b"")

    @contextlib.contextmanager
    def _folder(self) -> Iterator[imaplib.IMAP4]:
        try:
            box = self._connected()
            try:
                self._enter(box)
                yield box
            finally:
                with contextlib.suppress(imaplib.IMAP4.error, OSError):
                    box.logout()
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise Unreadable(type(error).__name__) from None

    def _connected(self) -> imaplib.IMAP4:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "imaps":
            trusted = ssl.create_default_context()  # imaplib's own would trust everybody
            return _Encrypted(host, parts.port or 993, ssl_context=trusted, timeout=SECONDS)
        if parts.scheme == "imap" and host in OWN_MACHINE:
            return _Plain(host, parts.port or 143, timeout=SECONDS)
        raise ValueError("not imaps://")

    def _enter(self, box: imaplib.IMAP4) -> None:
        parts = urlsplit(self.url)
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        quoted = folder.replace("\\", r"\\").replace('"', r"\"")
        said, _words = box.select(f'"{quoted}"')
        if said != "OK":
            raise ValueError("no such folder")
