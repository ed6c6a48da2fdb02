"""Who writes which columns: what an export of each service says about a person.

Names of columns are compared in small letters, with _ for whatever stands between words. Tags are
not read: a label that an author gave somebody is no choice of topics.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from newsletter.lists import dates, own


class Standing(enum.IntEnum):
    """What a line says of a person. Of two that differ, the higher one holds."""

    PROVED = 0  # agreed, and the file proves it
    UNPROVEN = 1  # there, and perhaps by somebody else's hand
    UNCONFIRMED = 2  # never answered there, or a state that we do not know
    BOUNCED = 3
    LEFT = 4


@dataclass(slots=True)
class Entry:
    """One line of a list, understood. `record`: the rest of what our own export says."""

    email: str
    standing: Standing
    given_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    record: dict[str, Any] | None = None


Reader = Callable[[list[str]], Entry]


@dataclass(frozen=True)
class Kind:
    """One service's export. `marks`: sets of columns, each of which gives it away."""

    name: str
    label: str
    marks: tuple[frozenset[str], ...] = ()
    email: tuple[str, ...] = ("email", "email_address", "e_mail", "mail")
    # What words in these columns say; None: nothing. “column=word” holds for that column alone.
    status: tuple[str, ...] = ()
    says: Mapping[str, Standing | None] = field(default_factory=dict)
    # Dates. Only one in `proof` shows that the person did something.
    given: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()

    def reader(self, columns: list[str]) -> Reader | None:
        """Understands lines with these columns; None where none of them holds addresses."""
        names = [plain(column) for column in columns]
        email = next((names.index(name) for name in self.email if name in names), None)
        if email is None:
            like = (place for place, name in enumerate(names) if ADDRESS_LIKE.search(name))
            email = next(like, None)
        if email is None:
            return None
        if self is AFTERWORD:
            return partial(_own_entry, names)
        return partial(self._entry, email, _Places.of(self, names))

    def _entry(self, email: int, places: _Places, cells: list[str]) -> Entry:
        said = [
            meaning
            for place, words in places.status
            if (meaning := words.get(_cell(cells, place).lower(), Standing.UNCONFIRMED)) is not None
        ]
        if _is_filled(cells, places.left):
            said.append(Standing.LEFT)
        if _is_filled(cells, places.bounced):
            said.append(Standing.BOUNCED)
        if not said:
            said = [Standing.PROVED if _date(cells, places.proof) else Standing.UNPROVEN]
        return Entry(
            email=_cell(cells, email),
            standing=max(said),
            given_at=_date(cells, places.given),
            confirmed_at=_date(cells, places.confirmed),
            left_at=_date(cells, places.left),
        )

    def words(self, column: str) -> dict[str, Standing | None]:
        """What is said by which word of this column; an empty cell says nothing."""
        own = f"{column}="
        mine = {key.removeprefix(own): say for key, say in self.says.items() if key.startswith(own)}
        return {"": None} | (mine or {key: say for key, say in self.says.items() if "=" not in key})


@dataclass(frozen=True)
class _Places:
    """Where a kind's columns are in one file."""

    status: list[tuple[int, dict[str, Standing | None]]]
    given: list[int]
    confirmed: list[int]
    proof: list[int]
    left: list[int]
    bounced: list[int]

    @classmethod
    def of(cls, kind: Kind, names: list[str]) -> _Places:
        def places(wanted: tuple[str, ...]) -> list[int]:
            return [names.index(name) for name in wanted if name in names]

        words = [kind.words(name) for name in kind.status if name in names]
        return cls(
            status=list(zip(places(kind.status), words, strict=True)),
            given=places(kind.given),
            confirmed=places(kind.confirmed),
            proof=places(kind.proof),
            left=places(kind.left),
            bounced=places(kind.bounced),
        )


def plain(column: str) -> str:
    return BETWEEN_WORDS.sub("_", column.strip().lower()).strip("_")


def recognise(columns: list[str]) -> Kind:
    """Whose export has such columns; the one for all others when nobody's."""
    names = {plain(column) for column in columns}
    for kind in KINDS:
        if any(marks <= names for marks in kind.marks):
            return kind
    return OTHER


def _cell(cells: list[str], place: int) -> str:
    """Lines may be shorter than the names on top."""
    return cells[place].strip() if place < len(cells) else ""


def _date(cells: list[str], places: list[int]) -> datetime | None:
    """The first date in these columns that can be read."""
    for place in places:
        if place < len(cells) and (moment := dates.read(cells[place])):
            return moment
    return None


def _is_filled(cells: list[str], places: list[int]) -> bool:
    """Also by a date that we cannot read."""
    return any(_cell(cells, place).lower() not in NOTHING for place in places)


def _own_entry(names: list[str], cells: list[str]) -> Entry:
    record = own.record(dict(zip(names, cells, strict=False)))
    standing = OWN_STANDINGS.get(record["status"], Standing.UNCONFIRMED)
    confirmed_at = record["confirmed_at"]
    if standing is Standing.PROVED and not confirmed_at:
        standing = Standing.UNPROVEN  # somebody has been at the file: no more than an address
    whole = record if record["status"] in OWN_STANDINGS else None
    if standing is Standing.UNPROVEN:
        whole = None
    email, left_at = record["email"], record["unsubscribed_at"]
    return Entry(email, standing, record["signed_up_at"], confirmed_at, left_at, whole)


NOTHING = {"", "null", "none", "nan", "n/a", "-", "0", "\\n", "0000-00-00", "0000-00-00 00:00:00"}
BETWEEN_WORDS = re.compile(r"[\W_]+")
ADDRESS_LIKE = re.compile(r"e_?mail|courriel|correo")
OWN_STANDINGS = {
    "active": Standing.PROVED,
    "paused": Standing.PROVED,
    "pending": Standing.UNCONFIRMED,
    "unsubscribed": Standing.LEFT,
}


def _all(standing: Standing | None, *words: str) -> dict[str, Standing | None]:
    return dict.fromkeys(words, standing)


AFTERWORD = Kind(
    "afterword", "Afterword", marks=(frozenset(["public_id", "frequency", "consents"]),)
)
KINDS = [
    AFTERWORD,
    # Three files: subscribed, unsubscribed, cleaned. CONFIRM_TIME is also written when an author
    # adds somebody; OPTIN_TIME only when that person used a form.
    Kind(
        "mailchimp",
        "Mailchimp",
        marks=(frozenset(["optin_time", "confirm_time"]), frozenset(["member_rating", "leid"])),
        email=("email_address", "email"),
        status=("status",),
        says=_all(None, "subscribed", "nonsubscribed", "transactional")
        | _all(Standing.UNCONFIRMED, "pending")
        | _all(Standing.LEFT, "unsubscribed", "archived")
        | _all(Standing.BOUNCED, "cleaned"),
        given=("optin_time", "confirm_time"),
        confirmed=("confirm_time", "optin_time"),
        proof=("optin_time",),
        left=("unsub_time",),
        bounced=("clean_time",),
    ),
    # One click signs up, and authors may add anybody: only who paid has proved anything.
    Kind(
        "substack",
        "Substack",
        marks=(frozenset(["active_subscription"]), frozenset(["email", "email_disabled"])),
        status=("email_disabled",),
        says={"true": Standing.LEFT, "false": None},
        given=("created_at",),
        confirmed=("first_payment_at",),
        proof=("first_payment_at",),
    ),
    # Signing up needs a mailed link.
    Kind(
        "ghost",
        "Ghost",
        marks=(frozenset(["subscribed_to_emails"]),),
        status=("subscribed_to_emails",),
        says={"true": Standing.PROVED, "false": Standing.LEFT},
        given=("created_at",),
        confirmed=("created_at",),
        left=("deleted_at",),
    ),
    # The plain export does not say who confirmed; “enabled” is everybody who is not blocked.
    Kind(
        "listmonk",
        "listmonk",
        marks=(frozenset(["uuid", "attributes", "status"]),),
        status=("status", "subscription_status"),
        says=_all(Standing.LEFT, "disabled", "blocklisted", "unsubscribed")
        | _all(Standing.UNCONFIRMED, "unconfirmed")
        | _all(Standing.PROVED, "confirmed")
        | _all(None, "enabled"),
        given=("created_at",),
        confirmed=("updated_at",),
    ),
    # Who has not answered the confirmation is “unactivated”.
    Kind(
        "buttondown",
        "Buttondown",
        marks=(
            frozenset(["creation_date", "type"]),
            frozenset(["creation_date", "subscriber_type"]),
            frozenset(["creation_date", "metadata"]),
            frozenset(["creation_date", "unsubscription_date"]),
        ),
        email=("email_address", "email"),
        status=("type", "subscriber_type"),
        says=_all(Standing.PROVED, "regular", "premium", "gifted", "trialed", "unpaid")
        | _all(Standing.PROVED, "churning", "churned", "paused", "past_due")
        | _all(Standing.UNCONFIRMED, "unactivated")
        | _all(Standing.LEFT, "unsubscribed", "removed", "spammy", "blocked", "complained")
        | _all(Standing.BOUNCED, "undeliverable"),
        given=("creation_date",),
        confirmed=("creation_date",),
        left=("unsubscription_date",),
    ),
    # A line for each list that somebody is on; who has not confirmed is “unconfirmed”.
    Kind(
        "mailpoet",
        "MailPoet",
        marks=(frozenset(["global_status"]), frozenset(["list_status"])),
        status=("list_status", "global_status"),
        says=_all(Standing.PROVED, "subscribed")
        | _all(Standing.UNCONFIRMED, "unconfirmed")
        | _all(Standing.LEFT, "unsubscribed")
        | _all(Standing.BOUNCED, "bounced")
        | _all(None, "inactive"),
        given=("subscribed_at", "created_at"),
        confirmed=("confirmed_at", "subscribed_at", "created_at"),
    ),
]
YES, NO = ("true", "yes", "1", "y"), ("false", "no", "0", "n")
OTHER = Kind(
    "other",
    "",
    status=("status", "state", "subscription_status", "confirmed", "subscribed", "unsubscribed"),
    says=_all(Standing.PROVED, "confirmed", "opted in", "opted-in", "double opt-in")
    | _all(None, "active", "subscribed", "enabled")
    | _all(Standing.LEFT, "unsubscribed", "opted out", "opted-out", "inactive", "disabled", "left")
    | _all(Standing.LEFT, "blocked", "blocklisted", "complained", "spam")
    | _all(Standing.BOUNCED, "bounced", "cleaned", "undeliverable")
    | _all(Standing.PROVED, *(f"confirmed={yes}" for yes in YES))
    | _all(Standing.UNCONFIRMED, *(f"confirmed={no}" for no in NO))
    | _all(None, *(f"subscribed={yes}" for yes in YES))
    | _all(Standing.LEFT, *(f"subscribed={no}" for no in NO))
    | _all(Standing.LEFT, *(f"unsubscribed={yes}" for yes in YES))
    | _all(None, *(f"unsubscribed={no}" for no in NO)),
    given=("given_at", "opt_in_time", "optin_time", "opt_in_date", "optin_date", "subscribed_at")
    + ("signed_up_at", "created_at", "created", "confirmed_at"),
    confirmed=("confirmed_at", "confirm_time", "confirmation_date", "confirmed_on"),
    proof=("confirmed_at", "confirm_time", "confirmation_date", "confirmed_on")
    + ("opt_in_time", "optin_time", "opt_in_date", "optin_date"),
    left=("unsubscribed_at", "unsub_time", "unsubscribed_on", "unsubscription_date"),
    bounced=("bounced_at",),
)
