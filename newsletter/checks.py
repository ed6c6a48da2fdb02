"""What must be right before the site starts: no company may watch who reads our letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.translation import gettext as _

from newsletter import providers

OFF = {"", "0", "false", "no", "none", "off", "disabled"}
# How companies call it when somebody is told that a mail was opened or a link followed.
WATCHING = ("track", "pixel")


@register
def nobody_is_watched(app_configs, **kwargs) -> list[CheckMessage]:
    """Open and click tracking are off in all that we can see; the account itself we cannot."""
    return [
        Error(
            _("%(name)s turns on tracking: a company would watch who reads.") % {"name": name},
            hint=_("Take it out of EMAIL_URL, and switch it off in the company’s settings, too."),
            id="newsletter.E001",
        )
        for name in sorted(set(_watching(settings.ANYMAIL)))
    ]


@register
def own_headers(app_configs, **kwargs) -> list[CheckMessage]:
    """The way out stands in a header that is each person's own."""
    provider = providers.current()
    if provider is None or provider.own_headers:
        return []
    words = _("%(name)s cannot give each letter of a batch its own unsubscribe header.")
    return [
        Warning(
            words % {"name": provider.name},
            hint=_("Choose another company in EMAIL_URL, or use its SMTP address (smtps://)."),
            id="newsletter.W001",
        )
    ]


def _watching(facts: dict[str, Any], inside: str = "") -> Iterator[str]:
    """The names of settings, however deep, that turn tracking on."""
    for key, value in facts.items():
        name = f"{inside}.{key}" if inside else str(key)
        if isinstance(value, dict):
            yield from _watching(value, name)
        elif any(word in name.lower() for word in WATCHING) and not _is_off(value):
            yield name


def _is_off(value: Any) -> bool:
    return value is None or str(value).strip().lower() in OFF
