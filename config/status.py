"""Health in words: `/healthz`, `/readyz` for machines that watch, `/admin/status/` for people."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from comments.models import Alert, Notice, Receipt
from newsletter.models import Confirmation, Delivery, Memo, Proof

MAILS: list[Any] = [Confirmation, Receipt, Memo, Alert, Notice, Proof, Delivery]
KEPT = 24 * 3600
NOUNS = {
    "database": gettext_lazy("database"),
    "broker": gettext_lazy("broker"),
    "worker": gettext_lazy("worker"),
    "beat": gettext_lazy("clock"),
}
TITLES = {
    "database": gettext_lazy("Database"),
    "broker": gettext_lazy("Broker"),
    "worker": gettext_lazy("Worker"),
    "beat": gettext_lazy("Clock"),
    "mail": gettext_lazy("Mail"),
}


@dataclass(frozen=True)
class Pulse:
    """A sign of life, kept in the cache as the time when it was last given."""

    name: str
    patience: timedelta

    def give(self) -> None:
        cache.set(f"pulse:{self.name}", timezone.now(), timeout=KEPT)

    def last(self) -> datetime | None:
        return cache.get(f"pulse:{self.name}")


WORKER = Pulse("worker", patience=timedelta(seconds=45))  # given every ten seconds
BEAT = Pulse("beat", patience=timedelta(seconds=150))  # given every minute, by way of a worker


@dataclass(frozen=True)
class Part:
    """One part of the machinery, and how it is."""

    name: str
    works: bool
    words: str

    @property
    def title(self) -> str:
        return str(TITLES[self.name])


@require_safe
@never_cache
def healthz(request) -> HttpResponse:
    """Alive: this process answers. Asks nobody else."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request) -> JsonResponse:
    """Ready: 200 when every part works, else 503; says which part does not."""
    parts = machinery()
    ready = all(part.works for part in parts)
    words = {"ready": ready} | {part.name: part.words for part in parts}
    return JsonResponse(
        words, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False, "indent": 1}
    )


def machinery() -> list[Part]:
    children = _children()
    broker = _broker(children)
    return [
        _database(),
        broker,
        _process(WORKER, children, heard=broker.works),
        _process(BEAT, children, heard=broker.works),
    ]


def mail() -> Part:
    """Whether mail leaves; the error by its class, never an address."""
    waiting = sum(kind.objects.open().count() for kind in MAILS)
    sentences = [_last_left(), _waiting(waiting)]
    if stuck := _stuck():
        sentences.append(
            _("The last try failed (%(error)s); it is tried again.") % {"error": stuck}
        )
    return Part("mail", not stuck, " ".join(sentences))


def needs_a_look() -> int:
    """Letters that a person must decide about: nobody knows whether they arrived, or they failed.

    A confirmation that failed is nobody's task here: who wants letters asks for another one.
    """
    return Delivery.objects.held().count() + Notice.objects.held().count()


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return _part("database", False, _("The %(part)s does not answer."))
    return _part("database", True, _("The %(part)s works."))


def _broker(children: dict[str, Any]) -> Part:
    """Asked directly: the cache would forgive it."""
    if broken := _is_down("broker", children):
        return broken
    if not broker_answers():
        return _part("broker", False, _("The %(part)s does not answer."))
    return _part("broker", True, _("The %(part)s works."))


def broker_answers() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def _process(pulse: Pulse, children: dict[str, Any], *, heard: bool) -> Part:
    if broken := _is_down(pulse.name, children):
        return broken
    now, last = timezone.now(), pulse.last()
    if last and now - last < pulse.patience:
        return _part(pulse.name, True, _("The %(part)s works."))
    if pulse.name in children and now - _since(children[pulse.name]) < pulse.patience:
        return _part(pulse.name, True, _("The %(part)s has just started."))
    if not heard:
        return _part(pulse.name, False, _("The %(part)s cannot be heard without the broker."))
    if last:
        words = _("The %(part)s was last heard %(time)s ago.")
        return _part(pulse.name, False, words, time=timesince(last, now))
    return _part(pulse.name, False, _("The %(part)s has not been heard."))


def _is_down(name: str, children: dict[str, Any]) -> Part | None:
    if name in children and not children[name]["up"]:
        return _part(name, False, _("The %(part)s is down and is being started again."))
    return None


def _part(name: str, works: bool, words: str, **facts) -> Part:
    return Part(name, works, words % {"part": NOUNS[name], **facts})


def _children() -> dict[str, Any]:
    """What `serve` last wrote about its processes; nothing when it does not run here."""
    try:
        state = json.loads((settings.DATA_DIR / "serve.json").read_text())
        children = {name: child for name, child in state["children"].items() if _since(child)}
        os.kill(state["pid"], 0)
    except PermissionError:
        return children  # alive, and somebody else's
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return children


def _since(child: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(child["since"])


def _last_left() -> str:
    times = [kind.objects.last_sent_at() for kind in MAILS]
    last = max((at for at in times if at), default=None)
    if last is None:
        return _("No mail has left yet.")
    if timezone.now() - last < timedelta(minutes=1):
        return _("The last mail left just now.")
    return _("The last mail left %(time)s ago.") % {"time": timesince(last, depth=1)}


def _waiting(count: int) -> str:
    if not count:
        return _("Nothing is waiting to be sent.")
    return ngettext(
        "One mail is waiting to be sent.", "%(count)d mails are waiting to be sent.", count
    ) % {"count": count}


def _stuck() -> str:
    """Why a mail that was tried already is still queued; empty when none is."""
    for kind in MAILS:
        if row := kind.objects.stuck().first():
            return row.reason
    return ""
