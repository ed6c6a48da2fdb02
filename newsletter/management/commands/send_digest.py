from django.core.management.base import BaseCommand
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Publication
from newsletter import mail
from newsletter.models import Edition


class Command(BaseCommand):
    help = "Say what the weekly letter would bring and when it goes; with --now, send it at once."

    def add_arguments(self, parser):
        parser.add_argument("--now", action="store_true", help="make and start the letter now")

    def handle(self, *args, **options):
        weekly = Edition.objects.weekly()
        with mail.at_home(Publication.current()):
            if options["now"]:
                self.send(weekly)
            else:
                self.describe(weekly)

    def send(self, weekly: Edition) -> None:
        issue = weekly.send_now()
        if issue is None:
            self.stdout.write(_("Nothing new since the last letter, so nothing was sent."))
            return
        issue.refresh_from_db()
        self.stdout.write(_("“%(subject)s” is on its way.") % {"subject": issue.subject})
        self.stdout.write(issue.equation.in_words)

    def describe(self, weekly: Edition) -> None:
        posts = list(weekly.new_posts())
        if not posts:
            self.stdout.write(_("Nothing new since the last letter."))
        for post in posts:
            self.stdout.write(f"- {post.title}")
        if posts:
            people = weekly.audience().count()
            self.stdout.write(
                ngettext("It would go to one person.", "It would go to %(count)d people.", people)
                % {"count": people}
            )
        if slot := weekly.next_slot():
            when = formats.date_format(timezone.localtime(slot), "l j F Y, H:i")
            self.stdout.write(_("The next one goes by itself on %(when)s.") % {"when": when})
        else:
            self.stdout.write(_("It does not go by itself. To send it: send_digest --now"))
