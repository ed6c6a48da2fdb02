"""Says in words what is missing or wrong; the exit code is 1 when something does not work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from blog.models import Publication
from config import status
from newsletter import domain, mailboxes, providers, signatures
from newsletter.domain import Finding
from newsletter.models import MailEvent

KEY_LENGTH = 50
LARGEST_LETTER = 50_000_000


class Command(BaseCommand):
    help = "Look over the settings, the database, the broker and the mail, and say what to mend."

    def add_arguments(self, parser):
        parser.add_argument(
            "--received",
            metavar="LETTER.EML",
            help="look instead at an issue as it arrived in your mailbox, saved as a file",
        )

    def handle(self, *args, received=None, **options):
        self.say(list(self.letter(Path(received)) if received else self.everything()))

    def say(self, found: list[Finding]) -> None:
        for finding in sorted(found, key=lambda finding: not finding.broken):
            self.stdout.write(f"{'Broken' if finding.broken else 'Advice'}: {finding.words}")
        if not found:
            self.stdout.write("All well.")
        if any(finding.broken for finding in found):
            sys.exit(1)

    def letter(self, path: Path) -> Iterator[Finding]:
        try:
            with path.open("rb") as file:
                letter = file.read(LARGEST_LETTER)
        except OSError as error:
            yield Finding(f"{path} cannot be read: {error.strerror}.", broken=True)
            return
        for words in signatures.seals(letter):
            self.stdout.write(words)
        yield from signatures.findings(letter)

    def everything(self) -> Iterator[Finding]:
        for look in (self.secret_key, self.data_dir, self.site_url, self.mail, self.broker):
            if finding := look():
                yield finding
        if database := self.database():
            yield database
            return
        for look in (self.postal_address, self.from_address):
            if finding := look():
                yield finding
        if not settings.LOCAL_MODE and not settings.EMAIL_URL.startswith("file:"):
            yield from self.carrier()
            if finding := self.bounces():
                yield finding
            yield from domain.findings(domain.current_sender(), domain.look_up)
            self.stdout.write(
                "Whether letters are signed shows only where they arrive: send yourself an issue, "
                "save it as a file and run: manage.py doctor --received letter.eml"
            )

    def secret_key(self) -> Finding | None:
        if len(settings.SECRET_KEY) >= KEY_LENGTH:
            return None
        words = f"SECRET_KEY is shorter than {KEY_LENGTH} characters. Set a longer, random one."
        return Finding(words, broken=not settings.LOCAL_MODE)

    def data_dir(self) -> Finding | None:
        if os.access(settings.DATA_DIR, os.W_OK):
            return None
        words = f"{settings.DATA_DIR} cannot be written to. Change its owner, or set DATA_DIR."
        return Finding(words, broken=True)

    def site_url(self) -> Finding | None:
        if settings.LOCAL_MODE or settings.HTTPS:
            return None
        words = "SITE_URL does not begin with https://. Replies and addresses travel unprotected."
        return Finding(words, broken=True)

    def mail(self) -> Finding | None:
        if settings.LOCAL_MODE or not settings.EMAIL_URL.startswith("file:"):
            return None
        words = (
            "EMAIL_URL begins with file:, so mail goes into files and reaches nobody. "
            "Set it to smtp://, smtps:// or anymail+<provider>://."
        )
        return Finding(words, broken=True)

    def carrier(self) -> Iterator[Finding]:
        provider = providers.current()
        if provider and not provider.own_headers:
            words = (
                f"{provider.name} cannot give each letter of a batch its own unsubscribe header, "
                "which Gmail and Yahoo ask for. Choose another company in EMAIL_URL, "
                "or use its SMTP address (smtps://)."
            )
            yield Finding(words, broken=True)
        if provider and not providers.proves_its_reports():
            words = (
                f"{provider.name} cannot report which letters came back, because nothing is set "
                f"that proves its reports. Add {providers.proof()} to EMAIL_URL (how: "
                "docs/deployment.md), and let it report to "
                f"{settings.SITE_URL}/hooks/mail/{providers.key()}/"
            )
            yield Finding(words, broken=False)

    def bounces(self) -> Finding | None:
        """Whether anybody hears of mails that come back later, as mails themselves."""
        if settings.BOUNCE_URL:
            try:
                mailboxes.Imap(settings.BOUNCE_URL).look()
            except mailboxes.Unreadable as error:
                words = f"The mailbox in BOUNCE_URL cannot be read ({error}). Check BOUNCE_URL."
                return Finding(words, broken=True)
            return None
        if providers.current() or MailEvent.objects.by_mail().exists():
            return None
        words = (
            "Letters that come back later are not heard of: nothing reads the mailbox of the "
            "sender’s address. Set BOUNCE_URL, or give such mails to manage.py read_bounces "
            "(how: docs/deployment.md)."
        )
        return Finding(words, broken=False)

    def broker(self) -> Finding | None:
        if status.broker_answers():
            return None
        words = (
            "The broker does not answer. Start the site (make run), or check REDIS_URL. "
            "Until then mail waits; nothing is lost."
        )
        return Finding(words, broken=True)

    def database(self) -> Finding | None:
        try:
            executor = MigrationExecutor(connection)
        except DatabaseError:
            return Finding("The database does not answer. Check DATABASE_URL.", broken=True)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            words = "The database lacks changes of this version. Run: manage.py migrate"
            return Finding(words, broken=True)
        return None

    def postal_address(self) -> Finding | None:
        if Publication.current().postal_address:
            return None
        words = "The publication has no postal address. Many countries ask for it in newsletters."
        return Finding(words, broken=False)

    def from_address(self) -> Finding | None:
        publication = Publication.current()
        if publication.from_address:
            return None
        words = f"The publication has no sender’s address; mail comes from {publication.sender}."
        return Finding(words, broken=False)
