"""What every public form shares: no account, no cookie, no puzzle, and nothing typed is ever lost.

The middleware says where a post came from and whether there were too many (`request.doubt`,
`request.retry_after`); the form says what that means to a person, and gives the text back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import wraps

from django import forms
from django.core import signing
from django.http import HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from blog import markup

STAMP_SALT = "blog.forms.stamp"
STAMP_GOOD_FOR = timedelta(days=30)
TOO_FAST = timedelta(seconds=2)


def public_form(view):
    """Mark a view that answers doubts and limits itself, with the visitor's text in place."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    wrapped.gives_text_back = True  # type: ignore[attr-defined]
    return wrapped


class SeeOther(HttpResponseRedirect):
    """After a POST: reloading the page that follows sends nothing twice."""

    status_code = 303


def doubt_status(request) -> int:
    """The status that goes with asking once more, for a post that carries no form of ours."""
    return 403 if request.doubt else 429 if request.retry_after else 200


class StampInput(forms.HiddenInput):
    """Always shows a fresh stamp, so that a form given back can simply be sent again."""

    def format_value(self, value):
        return signing.dumps(int(timezone.now().timestamp()), salt=STAMP_SALT)


class PlainTextField(forms.CharField):
    """Text without what no person types: NULs, lone surrogates, direction overrides."""

    def to_python(self, value):
        return super().to_python(markup.clean_text(value) if isinstance(value, str) else value)


class PublicForm(forms.Form):
    """Base of every form that strangers may send."""

    website = forms.CharField(required=False)  # the honeypot: people never see it
    stamp = forms.CharField(required=False, widget=StampInput)

    def __init__(self, data=None, *, request, **kwargs):
        self.request = request
        super().__init__(data, **kwargs)

    @property
    def doubt(self) -> bool:
        """True when we cannot be sure that this person sent it: another site's form, or a stamp
        that is missing, not ours or a month old."""
        return self.is_bound and (bool(self.request.doubt) or self._age is None)

    @property
    def retry_after(self) -> timedelta | None:
        return self.request.retry_after if self.is_bound else None

    @property
    def suspicion(self) -> str:
        """Why a machine may have filled this in. Such a post is held, never refused."""
        if self.data.get(self.add_prefix("website")):
            return "honeypot"
        age = self._age
        return "too fast" if age is not None and age < TOO_FAST else ""

    def is_welcome(self) -> bool:
        """Ours, not too many, and complete: the view may act."""
        return self.is_bound and not self.doubt and not self.retry_after and self.is_valid()

    @property
    def status(self) -> int:
        """The HTTP status that goes with giving this form (back)."""
        if self.doubt:
            return 403
        if self.retry_after:
            return 429
        return 400 if self.errors else 200

    @property
    def headline(self) -> str:
        """What to say on top of a form given back; empty when nothing is wrong."""
        if self.doubt:
            return _("We could not be sure this came from you. Nothing is lost.")
        if self.retry_after:
            return _("That was a lot in a short time. Nothing is lost.")
        if not self.errors:
            return ""
        return ngettext(
            "One thing to mend. Your words are still here.",
            "%(count)d things to mend. Your words are still here.",
            len(self.errors),
        ) % {"count": len(self.errors)}

    @property
    def advice(self) -> str:
        """What to do about the headline."""
        if self.doubt:
            return _("Please look it over and press the button once more.")
        if self.retry_after:
            minutes = max(1, round(self.retry_after.total_seconds() / 60))
            return ngettext(
                "Please wait a minute, then press the button again.",
                "Please wait %(count)d minutes, then press the button again.",
                minutes,
            ) % {"count": minutes}
        return ""

    @cached_property
    def _age(self) -> timedelta | None:
        """How long ago the form was given out; None when it was not ours, or a month ago."""
        stamp = self.data.get(self.add_prefix("stamp"), "")
        try:
            given_at = signing.loads(stamp, salt=STAMP_SALT, max_age=STAMP_GOOD_FOR)
        except signing.BadSignature:
            return None
        return timezone.now() - datetime.fromtimestamp(given_at, UTC)
