"""Providers that take many copies in one call, by way of anymail."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import requests
from anymail.exceptions import AnymailError
from anymail.message import AnymailMessage
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .base import REFUSALS, AlreadyTaken, NotTaken, OneByOne, Unanswered, untracked

if TYPE_CHECKING:
    from newsletter.letters import Form, Letter


class Batches(OneByOne):
    """One call, many people, each with their own link and headers."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._connection: BaseEmailBackend | None = None

    def send(self, message: EmailMessage) -> None:
        with _knows_its_keys():
            super().send(message)

    def send_letters(self, form: Form, letters: list[Letter], *, key: str) -> dict[str, str]:
        message = self.batch(form, letters, key=key)
        try:
            assert_nobody_sees_the_others(message)
        except AssertionError as error:  # our own fault: nothing was said to anybody
            raise NotTaken from error
        with self._session() as connection, _knows_its_keys():
            connection.send_messages([message])
        people = message.anymail_status.recipients
        return {to: person.status for to, person in people.items() if person.status in REFUSALS}

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def batch(self, form: Form, letters: list[Letter], *, key: str) -> AnymailMessage:
        message = AnymailMessage(
            form.subject, "", form.sender, [letter.to for letter in letters], headers=form.headers
        )
        untracked(message)
        message.merge_headers = {letter.to: form.own_headers(letter) for letter in letters}
        message.merge_metadata = {letter.to: {"delivery": letter.mark} for letter in letters}
        return message

    @contextlib.contextmanager
    def _session(self):
        """Kept between the calls of one drain; after an error the next call opens a new one."""
        if self._connection is None:
            try:
                self._connection = get_connection()
                self._connection.open()
            except Exception as error:  # a key that is missing, a setting that is wrong
                self._connection = None
                raise NotTaken from error
        try:
            yield self._connection
        except Exception:
            with contextlib.suppress(Exception):
                self.close()
            raise


class Mailgun(Batches):
    takes_whole_calls = True
    most = 500  # it would take 1,000; so a call that nobody answers leaves fewer in doubt

    def batch(self, form: Form, letters: list[Letter], *, key: str) -> AnymailMessage:
        message = super().batch(form, letters, key=key)
        message.subject = _plain(form.subject)
        places = {name: f"%recipient.{name}%" for name in form.marks}
        message.body = form.filled(_plain(form.text), places)
        message.attach_alternative(form.filled(_plain(form.html), places), "text/html")
        message.merge_data = {letter.to: letter.own for letter in letters}
        return message


class Resend(Batches):
    most = 100
    repeats_for = timedelta(hours=23)  # it remembers keys for 24

    def batch(self, form: Form, letters: list[Letter], *, key: str) -> AnymailMessage:
        message = super().batch(form, letters, key=key)
        message.body = form.text
        message.attach_alternative(form.html, "text/html")
        message.merge_data = {letter.to: {} for letter in letters}
        # It has no places to fill in: our backend fills each copy. See resend.py.
        message.esp_extra = {
            "key": key,
            "marks": form.marks,
            "own": {letter.to: letter.own for letter in letters},
        }
        return message


def _plain(text: str) -> str:
    """Somebody's words must not look like a place to fill in."""
    return text.replace("%recipient", "% recipient")


def assert_nobody_sees_the_others(message: AnymailMessage) -> None:
    """Without merge data a provider would show the whole To list to everybody."""
    people = set(message.to)
    if len(people) != len(message.to) or set(message.merge_data) != people:
        raise AssertionError("a batch must name each recipient once, with data of their own")
    if message.cc or message.bcc:
        raise AssertionError("a batch has no cc and no bcc")


@contextlib.contextmanager
def _knows_its_keys():
    """A provider that knows the key of a call already has accepted it."""
    try:
        yield
    except (AnymailError, requests.RequestException) as error:
        name = _name_of(error)
        if name == "invalid_idempotent_request":  # the same key, other words: it knows the call
            raise AlreadyTaken from error
        if name == "concurrent_idempotent_requests":
            raise Unanswered from error
        raise


def _name_of(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is None or response.status_code != 409:
        return ""
    with contextlib.suppress(ValueError, AttributeError):
        return str(response.json().get("name", ""))
    return ""
