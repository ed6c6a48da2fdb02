"""How long we keep what: one table. The purge reads it, and /privacy/ prints it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONTHS = timedelta(days=365) / 12


class Kept(NamedTuple):
    """For so long we keep this; `what` is said to readers."""

    time: timedelta
    what: Promise

    @property
    def how_long(self) -> str:
        """In the largest unit that people would say it in."""
        if self.time >= 12 * MONTHS:
            months = round(self.time / MONTHS)
            return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
        if self.time >= DAY:
            days = round(self.time / DAY)
            return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
        hours = round(self.time / HOUR)
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


RETENTION = {
    "fingerprint": Kept(HOUR, _("The code that finds a reply sent twice")),
    "spam": Kept(14 * DAY, _("Spam")),
    "not published": Kept(30 * DAY, _("A reply that we did not publish")),
    "unanswered": Kept(90 * DAY, _("A reply that nobody decided about")),
    "changes": Kept(30 * DAY, _("Earlier words of a changed reply")),
    "reader reports": Kept(30 * DAY, _("A reader’s report")),
    "report clients": Kept(DAY, _("The code that counts a report once")),
    "links": Kept(30 * DAY, _("A private link to no reply")),
    "unconfirmed": Kept(30 * DAY, _("An address that never said yes")),
    "left": Kept(30 * DAY, _("The address of who stopped all letters")),
    "mails": Kept(30 * DAY, _("The note that we sent a short mail, such as a confirmation")),
    "reports": Kept(30 * DAY, _("Reports that a mail came back, or was called spam")),
    "imports": Kept(DAY, _("Files with lists of addresses")),
    "deliveries": Kept(12 * MONTHS, _("Which letters went to you")),
    "writers": Kept(24 * MONTHS, _("An address given with a reply, unused")),
    "looks": Kept(24 * MONTHS, _("Who of us looked at what we hold about you")),
}
