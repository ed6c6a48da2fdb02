"""An SMTP server on this machine that takes mail, remembers it, and misbehaves when told to.

In a test: `with Smtp() as sink:`. As a process: python -m tests.sinks.smtp --port 0 --ledger FILE
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.sinks import process
from tests.sinks.trouble import Ledger, Trouble, Troubles

# Where trouble can be: before each answer, in the middle of a letter, and after its last dot.
STEPS = ["greeting", "ehlo", "mail", "rcpt", "data", "body", "dot", "rset", "noop"]
SIZE = 52_428_800
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """What one recipient got."""

    recipient: str
    message_id: str
    raw: bytes
    at: float


class Smtp:
    """The server, in a thread with a loop of its own."""

    def __init__(self, port: int = 0, ledger: Path | str | None = None, keep: bool = True):
        self.port = port
        self.taken: list[Mail] = []
        self.connections = 0
        self.pipelining = True  # what its EHLO says (RFC 2920)
        self._ledger = Ledger(ledger)
        self._keep = keep
        self._troubles = Troubles()
        self._greylist: dict[str, bool] | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def email_url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.taken]

    def trouble(self, step: str, **how) -> None:
        """`sink.trouble("rcpt", answer="451 4.7.1 later", who="later@*", times=FOREVER)`"""
        if step not in STEPS:
            raise ValueError(f"no such step: {step}")
        self._troubles.add(step, **how)

    def greylist(self) -> None:
        """From now on: 451 to a recipient's first RCPT, 250 to the later ones."""
        self._greylist = defaultdict(bool)

    def behave(self) -> None:
        self._troubles.forget()
        self._greylist = None

    def hang_up(self) -> None:
        """Close every open connection without a word, as servers do with idle ones."""
        self._in_loop(self._close_all())

    def __enter__(self) -> Smtp:
        self._thread.start()
        self._server = self._in_loop(
            asyncio.start_server(self._talk, "127.0.0.1", self.port, backlog=200)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error) -> None:
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._ledger.close()

    def _in_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _stop(self) -> None:
        self._server.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _close_all(self) -> None:
        for writer in self._open:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            with contextlib.suppress(_Over, ConnectionError):
                await _Conversation(self, reader, writer).hold()
        except asyncio.CancelledError:
            pass  # the test is over; asyncio would print it
        finally:
            self._open.discard(writer)
            writer.close()

    def _is_grey(self, recipient: str) -> bool:
        if self._greylist is None or self._greylist[recipient]:
            return False
        self._greylist[recipient] = True
        return True

    def _take(self, recipients: list[str], raw: bytes) -> None:
        found = MESSAGE_ID.search(raw)
        name = found.group(1).decode("ascii", "replace") if found else ""
        self._ledger.note((recipient, name) for recipient in recipients)
        if self._keep:
            self.taken += [Mail(recipient, name, raw, time.time()) for recipient in recipients]


class _Over(Exception):
    """The conversation has come to its end, one way or the other."""


class _Conversation:
    def __init__(self, sink: Smtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.heard = bytearray()
        self.recipients: list[str] = []
        self.has_sender = False

    async def hold(self) -> None:
        await self.answer("greeting", "220 sink")
        while True:
            line = (await self.hear(b"\r\n")).decode("latin-1")
            verb, _, rest = line.partition(" ")
            await getattr(self, f"on_{verb.lower()}", self.on_unknown)(rest)

    async def on_unknown(self, rest: str) -> None:
        await self.say("502 5.5.1 not known here")

    async def on_helo(self, rest: str) -> None:
        await self.answer("ehlo", "250 sink")

    async def on_ehlo(self, rest: str) -> None:
        able = ["PIPELINING"] if self.sink.pipelining else []
        lines = ["sink", *able, "8BITMIME", f"SIZE {SIZE}"]
        said = [f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines]
        await self.answer("ehlo", "\r\n".join(said))

    async def on_noop(self, rest: str) -> None:
        await self.answer("noop", "250 2.0.0 ok")

    async def on_rset(self, rest: str) -> None:
        self.recipients = []
        await self.answer("rset", "250 2.0.0 ok")

    async def on_quit(self, rest: str) -> None:
        await self.say("221 2.0.0 bye")
        raise _Over

    async def on_mail(self, rest: str) -> None:
        self.recipients = []
        self.has_sender = await self.answer("mail", "250 2.1.0 ok")

    async def on_rcpt(self, rest: str) -> None:
        found = re.search(r"<([^>]*)>", rest)
        if not found:
            return await self.say("501 5.5.4 to whom?")
        recipient = found.group(1)
        if not self.has_sender:
            return await self.say("503 5.5.1 from whom?")
        if self.sink._is_grey(recipient):
            return await self.say("451 4.7.1 greylisted, come back later")
        if await self.answer("rcpt", "250 2.1.5 ok", [recipient]):
            self.recipients.append(recipient)
        return None

    async def on_data(self, rest: str) -> None:
        if not self.recipients:
            return await self.say("503 5.5.1 to whom?")
        if not await self.answer("data", "354 go on", self.recipients, good="3"):
            return None
        if trouble := self.sink._troubles.met("body", self.recipients):
            await self.some_of_it()
            await self.make(trouble)
        # A letter may be empty: then its last dot is also its first line.
        self.heard[:0] = b"\r\n"
        raw = (await self.hear(b"\r\n.\r\n"))[2:] + b"\r\n"
        raw = raw.replace(b"\r\n..", b"\r\n.").removeprefix(b".")
        await self.end_of_letter(raw)
        return None

    async def end_of_letter(self, raw: bytes) -> None:
        recipients, self.recipients = self.recipients, []
        trouble = self.sink._troubles.met("dot", recipients)
        if trouble and trouble.taken:
            self.sink._take(recipients, raw)
        if trouble and await self.make(trouble):
            return
        # Slow is not deaf: who left meanwhile has not been promised anything.
        if trouble and (self.reader.at_eof() or self.writer.is_closing()):
            raise _Over
        if not (trouble and trouble.taken):
            self.sink._take(recipients, raw)
        await self.say("250 2.0.0 taken")

    async def answer(self, step: str, words: str, who=(), good: str = "2") -> bool:
        """Say the words, or what trouble there is instead. False: it was not a yes."""
        trouble = self.sink._troubles.met(step, who)
        if trouble and await self.make(trouble):
            return trouble.answer.startswith(good)
        await self.say(words)
        return True

    async def make(self, trouble: Trouble) -> bool:
        """Hang, then drop the line or answer. False: go on as if nothing had been."""
        if trouble.seconds:
            # Also while it hangs it notices who leaves, else a thousand sockets would pile up.
            with contextlib.suppress(asyncio.TimeoutError):
                forever = trouble.seconds == float("inf")
                wait = None if forever else trouble.seconds
                await asyncio.wait_for(self.until_they_leave(), wait)
                raise _Over
        if trouble.drop:
            raise _Over
        if trouble.answer:
            await self.say(trouble.answer)
        return bool(trouble.answer)

    async def until_they_leave(self) -> None:
        while chunk := await self.reader.read(65536):
            self.heard += chunk

    async def some_of_it(self) -> None:
        if not self.heard:
            self.heard += await self.reader.read(4096)

    async def say(self, words: str) -> None:
        self.writer.write(words.encode() + b"\r\n")
        await self.writer.drain()
        if words.startswith("421"):
            raise _Over

    async def hear(self, mark: bytes) -> bytes:
        """Everything up to the mark, which is left out."""
        start = 0
        while (at := self.heard.find(mark, start)) < 0:
            start = max(0, len(self.heard) - len(mark))
            chunk = await self.reader.read(65536)
            if not chunk:
                raise _Over
            self.heard += chunk
        said = bytes(self.heard[:at])
        del self.heard[: at + len(mark)]
        return said


def main() -> None:
    options = process.parse("tests.sinks.smtp")
    with Smtp(options.port, options.ledger, keep=False) as sink:
        process.obey(sink)


if __name__ == "__main__":
    main()
