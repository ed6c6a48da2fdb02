import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from newsletter.lists import writing


class Command(BaseCommand):
    help = "Write everybody, with what they chose and agreed to, to a CSV file."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help="where to; without it, to the screen")

    def handle(self, *args, **options):
        if not options["file"]:
            for piece in writing.pieces():
                self.stdout.write(piece, ending="")
            return
        try:  # not to be read by others, and never over something else
            handle = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(_("There is a file of this name. Please choose another.")) from None
        except OSError:
            raise CommandError(_("This file cannot be written there.")) from None
        with open(handle, "w", encoding="utf-8", newline="") as file:
            for piece in writing.pieces():
                file.write(piece)
        self.stderr.write(
            _("Written: %(file)s. It holds addresses: please keep it where only you can read it.")
            % {"file": Path(options["file"]).name}
        )
