import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from newsletter.models import Import

PIECE = 65_536


class Command(BaseCommand):
    help = "Read a list of people from elsewhere; say what would happen, and take them in."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help="a CSV file")
        parser.add_argument("--source", default="", help="where these people agreed, in your words")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--ask",
            action="store_true",
            help="ask each person whose consent the file does not show once, by mail",
        )
        parser.add_argument("--resume", type=int, metavar="ID", help="go on with a list")

    def handle(self, *args, **options):
        if bool(options["file"]) == bool(options["resume"]):
            raise CommandError(_("Please name a file, or a list to go on with."))
        brought = self.resumed(options["resume"]) if options["resume"] else self.read(options)
        if brought.status == Import.Status.CHECKED:
            self.describe(brought)
            if options["dry_run"]:
                self.stdout.write(
                    _("Nothing is changed. To take them in: %(command)s")
                    % {"command": f"import_subscribers --resume {brought.pk} --source …"}
                )
                return
            self.start(brought, options)
        self.work(brought, Import.Status.RUNNING)
        self.conclude(brought)

    def read(self, options) -> Import:
        """The list that is in the file, read to its end."""
        if not options["dry_run"]:
            self.want_source(options)
        path = Path(options["file"])
        try:
            with path.open("rb") as file:
                pieces = iter(lambda: file.read(PIECE), b"")
                brought = Import.objects.receive(path.name, pieces)
        except OSError as error:
            raise CommandError(_("This file cannot be opened.")) from error
        return self.checked(brought)

    def resumed(self, pk: int) -> Import:
        brought = Import.objects.filter(pk=pk).first()
        if brought is None:
            raise CommandError(_("There is no list of this number."))
        brought.resume()
        return self.checked(brought)

    def checked(self, brought: Import) -> Import:
        self.work(brought, Import.Status.CHECKING)
        if brought.status == Import.Status.FAILED:
            raise CommandError(brought.why_not)
        return brought

    def work(self, brought: Import, while_it_is: Import.Status) -> None:
        """Do it, or watch a worker who was quicker, or wait for what a dead one held."""
        while brought.status == while_it_is:
            is_ours = brought.go_on()
            brought.refresh_from_db()
            if brought.status == while_it_is:
                self.stdout.write(
                    _("Line %(line)d of %(lines)d") % {"line": brought.line, "lines": brought.lines}
                )
                time.sleep(0 if is_ours else 2)

    def start(self, brought: Import, options) -> None:
        self.want_source(options)
        proof = Import.WithoutProof.ASK if options["ask"] else Import.WithoutProof.LEAVE
        brought.start(source=options["source"], without_proof=proof)

    def want_source(self, options) -> None:
        if not options["source"].strip():
            raise CommandError(_("Please say with --source where these people agreed."))

    def conclude(self, brought: Import) -> None:
        if brought.status == Import.Status.FAILED:
            raise CommandError(brought.why_not)
        if brought.status != Import.Status.DONE:
            raise CommandError(_("Somebody has paused this list."))
        self.stdout.write(_("Done."))
        self.describe(brought)

    def describe(self, brought: Import) -> None:
        for finding in brought.findings:
            self.stdout.write(f"{finding.count:>9}  {finding.words}")
            if finding.lines:
                self.stdout.write(f"{'':>9}  {finding.lines}")
