"""Where it goes, from whom, and whether this is the moment."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter import carriers, domain
from newsletter.models import Issue, Rest

from .checks import look, stop
from .sheet import Sheet

A_DAY = timedelta(days=1)


@stop(
    gettext_lazy("It says from whom it comes."),
    mend=gettext_lazy("Set the sender’s address on the page of the publication."),
)
def has_a_sender(sheet: Sheet) -> str:
    name, _at, host = parseaddr(sheet.form.sender)[1].rpartition("@")
    return "" if name and host else _("The sender has no address, so no mail server would take it.")


@look(
    gettext_lazy("The sender’s address belongs to this site."),
    mend=gettext_lazy("Use an address of the site’s own domain, or answers and trust get lost."),
)
def own_sender(sheet: Sheet) -> str:
    host = parseaddr(sheet.form.sender)[1].rpartition("@")[2].lower()
    site = (urlsplit(settings.SITE_URL).hostname or "").removeprefix("www.")
    if host == site or host.endswith(f".{site}") or site.endswith(f".{host}"):
        return ""
    return _("It comes from %(host)s, and the site is %(site)s: some mail servers refuse that.") % {
        "host": host,
        "site": site,
    }


@look(
    gettext_lazy("The public records of the sender’s domain are in order, as last looked at."),
    mend=gettext_lazy("Whoever runs the site can read what to do: manage.py doctor."),
)
def sender_records(sheet: Sheet) -> str:
    return " ".join(domain.last_found())


@look(
    gettext_lazy("It says where to write a letter on paper."),
    mend=gettext_lazy("Set it on the page of the publication: in many countries it must be there."),
)
def postal_address(sheet: Sheet) -> str:
    there = sheet.publication.postal_address.strip()
    return "" if there else _("The publication has no postal address.")


@look(
    gettext_lazy("Somebody gets it."),
    mend=gettext_lazy("Nothing needs to be done. It stands in the archive all the same."),
)
def has_readers(sheet: Sheet) -> str:
    if sheet.issue.audience().exists():
        return ""
    return _("Nobody has asked for this letter yet.")


@look(
    gettext_lazy("The last letter is more than a day old."),
    mend=gettext_lazy("Perhaps wait a little: two letters in a day are a lot for tired people."),
)
def not_too_soon(sheet: Sheet) -> str:
    started = Issue.objects.started().filter(started_at__gt=timezone.now() - A_DAY)
    others = started.exclude(pk=sheet.issue.pk).filter(edition=sheet.issue.edition_id)
    return _("Another letter went less than a day ago.") if others.exists() else ""


@look(
    gettext_lazy("The mail server takes mail."),
    mend=gettext_lazy("Nothing needs to be done: it goes by itself when the server is ready."),
)
def server_awake(sheet: Sheet) -> str:
    if Rest.objects.of(carriers.current().name):
        return _("The mail server asked us to wait a little.")
    return ""


@look(
    gettext_lazy("A test of it was sent."),
    mend=gettext_lazy("Send a test to yourself, and read it where you read your mail."),
)
def was_tested(sheet: Sheet) -> str:
    return "" if sheet.issue.proofs.sent().exists() else _("No test of it was sent yet.")
