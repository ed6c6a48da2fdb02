"""Which carrier the settings chose; each thread keeps its own."""

from __future__ import annotations

import threading

from django.conf import settings

from .base import Carrier, OneByOne
from .files import Files
from .provider import Mailgun, Resend
from .smtp import Smtp

KINDS: dict[str, tuple[str, type[Carrier]]] = {
    "newsletter.carriers.FileBackend": ("file", Files),
    "django.core.mail.backends.smtp.EmailBackend": ("smtp", Smtp),
    "anymail.backends.mailgun.EmailBackend": ("mailgun", Mailgun),
    "newsletter.carriers.resend.EmailBackend": ("resend", Resend),
}
_mine = threading.local()


def takes_whole_calls(name: str) -> bool:
    """Whether the carrier of this name takes all of a call or nothing."""
    return any(known == name and kind.takes_whole_calls for known, kind in KINDS.values())


def current() -> Carrier:
    """This thread's carrier. Providers that are not in the table go mail by mail."""
    backend = settings.EMAIL_BACKEND
    if getattr(_mine, "backend", None) != backend:
        if carrier := getattr(_mine, "carrier", None):
            carrier.close()
        name, kind = KINDS.get(backend, (backend.removesuffix(".EmailBackend"), OneByOne))
        _mine.backend, _mine.carrier = backend, kind(name.rpartition(".")[2])
    return _mine.carrier
