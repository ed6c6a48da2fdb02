"""Where the company that carries the mail reports what became of it."""

from __future__ import annotations

import logging

from anymail.exceptions import AnymailConfigurationError
from django.http import Http404, HttpResponse
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from newsletter import providers

log = logging.getLogger("afterword.hooks")


@csrf_exempt
def mail(request, provider: str) -> HttpResponse:
    """Anymail's own view for the company in EMAIL_URL: it proves who speaks, and reads it."""
    if not provider or provider.replace("-", "_") != providers.key():
        raise Http404
    view = resolve(f"/{providers.key()}/tracking/", urlconf="anymail.urls").func
    if not providers.proves_its_reports():
        words = _("Reports are taken only once EMAIL_URL holds a %(setting)s.")
        return _refused(words % {"setting": providers.proof()}, 403)
    try:
        return view(request)
    except AnymailConfigurationError as error:
        log.error("hook of %s: %s", providers.key(), type(error).__name__)
        return _refused(_("Reports cannot be checked here: manage.py doctor says why."), 503)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        log.warning("hook of %s: %s", providers.key(), type(error).__name__)
        return _refused(_("This report cannot be read."), 400)


# Companies send no cookie, no Origin and no Sec-Fetch-Site; their secret or signature is the proof.
mail.from_anywhere = True  # type: ignore[attr-defined]


def _refused(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
