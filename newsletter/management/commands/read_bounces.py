import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter import reports
from newsletter.mailboxes import Counts, Imap, Maildir, Mbox, Unreadable

TRY_AGAIN = 75  # what mail servers understand: keep the mail, and come back later (sysexits.h)


class Command(BaseCommand):
    help = "Take in mails that came back: one from a pipe, or all of a mailbox."

    def add_arguments(self, parser):
        places = parser.add_mutually_exclusive_group()
        places.add_argument("--maildir", type=Path, metavar="FOLDER", help="read its new mails")
        places.add_argument("--mbox", type=Path, metavar="FILE", help="read all mails in it")
        places.add_argument(
            "--imap",
            nargs="?",
            const="",
            metavar="URL",
            help="read the new mails of imaps://user:password@host/folder; "
            "without a URL, of the one in BOUNCE_URL",
        )

    def handle(self, *args, maildir=None, mbox=None, imap=None, **options):
        try:
            self.say(self.read(maildir, mbox, imap))
        except Unreadable as error:
            words = _("The mailbox cannot be read (%(error)s).")
            raise CommandError(words % {"error": error}) from None
        except DatabaseError:
            self.stderr.write(_("The database does not answer. The mail may come again later."))
            sys.exit(TRY_AGAIN)

    def read(self, maildir: Path | None, mbox: Path | None, imap: str | None) -> Counts:
        if maildir:
            return Maildir(maildir).read()
        if mbox:
            return Mbox(mbox).read()
        if imap is None:
            return self.one_mail()
        if not (url := imap or settings.BOUNCE_URL):
            raise CommandError(_("Say which mailbox: --imap URL, or set BOUNCE_URL."))
        return Imap(url).read()

    def one_mail(self) -> Counts:
        if sys.stdin.isatty():
            raise CommandError(_("Give it a mail by a pipe, or say --maildir, --mbox or --imap."))
        counts = Counts()
        counts.take(sys.stdin.buffer.read(reports.LARGEST))
        while sys.stdin.buffer.read(reports.LARGEST):
            pass  # who writes into the pipe must not find it closed
        return counts

    def say(self, counts: Counts) -> None:
        self.stdout.write(
            ngettext(
                "One report about our mails was taken in.",
                "%(count)d reports about our mails were taken in.",
                counts.reports,
            )
            % {"count": counts.reports}
        )
        if counts.others:
            self.stdout.write(
                ngettext(
                    "One mail was no such report, and was left as it is.",
                    "%(count)d mails were no such reports, and were left as they are.",
                    counts.others,
                )
                % {"count": counts.others}
            )
