"""The rules for replies, as the forms of posts, questions and the publication say them."""

from __future__ import annotations

from django.utils.dateformat import time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from blog.models import Mode, Publication

QUIET_HOURS = ("quiet_from", "quiet_until")
WAIT_IN_QUIET_HOURS = gettext_lazy("In quiet hours all new replies wait, whoever wrote them.")


class SaysWhatEmptyMeans:
    """A choice that is left empty says whose rule holds then, instead of showing dashes."""

    empty_mode: str | Promise

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        kwargs["choices"] = db_field.get_choices(blank_choice=[("", self.empty_mode)])
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[misc]


def of_the_site(publication: Publication) -> str:
    """What holds for a post that leaves its own rules empty, in sentences."""
    days, hours = publication.replies_close_after, publication.quiet_hours
    mode = Mode(publication.replies_mode or Mode.FIRST).label
    sentences = [
        _("What you leave empty is as for the whole site."),
        _("New replies there: %(mode)s.") % {"mode": mode},
        ngettext(
            "Replies close %(count)d day after a post appears.",
            "Replies close %(count)d days after a post appears.",
            days,
        )
        % {"count": days}
        if days
        else _("Replies stay open."),
        _("Quiet hours are from %(begin)s until %(end)s.")
        % dict(zip(("begin", "end"), (time_format(hour, "H:i") for hour in hours), strict=True))
        if hours
        else _("There are no quiet hours."),
    ]
    if publication.is_away:
        sentences.append(_("Just now you are away, so all of them wait."))
    return " ".join(sentences)
