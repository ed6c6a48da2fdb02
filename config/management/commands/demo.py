"""What a site begins with: an account, the roles, the fixed pages; with DEMO=1 also Slow Signal."""

from __future__ import annotations

import os
import time

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from blog.models import Author, Page, Publication
from comments.models import HelpLine
from config.admin import ROLES, make_groups
from config.demo import files, loading
from config.local import local_secret
from newsletter.models import Edition

SLOW_SIGNAL = {
    "name": "Slow Signal",
    "tagline": "Plain notes on living with MS, by Sara and her readers.",
    "disclaimer": "Nobody here is your doctor, and that includes Sara.",
    "banner": "Demonstration. The people are invented; the studies are real.",
    "time_zone": "Europe/London",
    "postal_address": "1 Example Street, London",
}


class Command(BaseCommand):
    help = "Set up what is missing of a new site; with DEMO=1, load Slow Signal. Changes nothing."

    def handle(self, *args, **options):
        start = time.monotonic()
        loaded = self._slow_signal() if settings.DEMO else self._empty_site()
        if loaded:
            took = time.monotonic() - start
            self.stdout.write(f"Loaded {', '.join(loaded)} in {took:.1f} s.")

    def _slow_signal(self) -> list[str]:
        folder = files.FOLDER / "pages"
        sara, loaded = self._ground("sara", "Sara", SLOW_SIGNAL, folder, since=loading.since())
        return loaded + loading.Demo(sara).load()

    def _empty_site(self) -> list[str]:
        return self._ground("author", "Author", {}, files.START_PAGES, since=timezone.now())[1]

    @transaction.atomic
    def _ground(self, account, name, facts, pages, *, since) -> tuple[User, list[str]]:
        """What both kinds of site stand on; says what had to be made."""
        _publication, new = Publication.objects.get_or_create(pk=1, defaults=facts)
        make_groups()
        user, new_user = self._account(account, name)
        made = {
            "publication": new,
            "account": new_user,
            "pages": True in {_make_page(text) for text in files.pages(pages)},
            "help lines": HelpLine.objects.begin(),
            "editions": True in {_make_edition(kind, since) for kind in Edition.Kind},
        }
        return user, [kind for kind, is_new in made.items() if is_new]

    def _account(self, username: str, name: str) -> tuple[User, bool]:
        """The site's first person. The groups show the roles; superuser, for nobody else is there
        who could hand out a right that is missing."""
        # In the demo mail reaches nobody, so a test letter to oneself can be tried.
        email = f"{username}@example.com" if settings.DEMO else ""
        user, new = User.objects.get_or_create(
            username=username,
            defaults={"first_name": name, "email": email, "is_staff": True, "is_superuser": True},
        )
        if new:
            self._set_password(user)
            user.groups.set(Group.objects.filter(name__in=ROLES))
        if not Author.objects.filter(user=user).exists():
            Author.objects.get_or_create(slug=username, defaults={"name": name, "user": user})
        return user, new

    def _set_password(self, user: User) -> None:
        password = os.environ.get("ADMIN_PASSWORD")
        if not password and settings.LOCAL_MODE:
            password = local_secret(settings.DATA_DIR / "admin-password")
        if not password:
            self.stderr.write(
                f"The account {user.username} has no password yet. Give it one: "
                f"manage.py changepassword {user.username}"
            )
        user.set_password(password)  # None: nobody can log in
        user.save()


def _make_page(text: files.Text) -> bool:
    body = text.body
    if lines := text.facts.get("in_short"):
        body = "**In short**\n\n" + "\n".join(f"- {line}" for line in lines) + "\n\n" + body
    defaults = {"title": text.facts["title"], "body": body}
    return Page.objects.get_or_create(slug=text.slug, defaults=defaults)[1]


def _make_edition(kind: Edition.Kind, since) -> bool:
    """On from the first day, each of them: readers choose."""
    defaults = {"since": since, "switched_on_at": timezone.now()}
    return Edition.objects.get_or_create(kind=kind, defaults=defaults)[1]
