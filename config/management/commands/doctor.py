"""Says in words what is missing or wrong; the exit code is 1 when something does not work."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from blog.models import Publication
from config import status

KEY_LENGTH = 50


@dataclass(frozen=True)
class Finding:
    """Something to mend. Broken: it does not work as it is; else it is only advice."""

    words: str
    broken: bool


class Command(BaseCommand):
    help = "Look over the settings, the database and the broker, and say what to mend."

    def handle(self, *args, **options):
        found = [finding for look in self.looks() if (finding := look())]
        for finding in sorted(found, key=lambda finding: not finding.broken):
            self.stdout.write(f"{'Broken' if finding.broken else 'Advice'}: {finding.words}")
        if not found:
            self.stdout.write("All well.")
        if any(finding.broken for finding in found):
            sys.exit(1)

    def looks(self):
        yield from (self.secret_key, self.data_dir, self.site_url, self.mail, self.broker)
        database = self.database()
        if database:
            yield lambda: database
        else:
            yield from (self.postal_address, self.from_address)

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
