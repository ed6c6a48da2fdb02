"""Mailgun's and Resend's protocol, as anymail's backends speak them: a call, and what it makes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from email.utils import formataddr, getaddresses
from typing import Any
from urllib.parse import parse_qs, unquote

MAILGUN_LIMIT, RESEND_LIMIT = 1000, 100
VARIABLE = re.compile(r"%recipient\.([^%]+)%")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class Mail:
    """What one recipient got."""

    recipient: str
    to: list[str]  # whom they see it addressed to
    subject: str
    sender: str
    text: str
    html: str
    headers: dict[str, str]
    metadata: dict[str, str]
    message_id: str  # the header's, or else the provider's own
    provider_id: str
    at: float = field(default_factory=time.time)


class Refused(Exception):
    """The provider says no: an HTTP status, and a body in its own manner."""

    def __init__(self, status: int, body: dict[str, Any]):
        super().__init__(status)
        self.status, self.body = status, body


class Call:
    """One request that is in order: whom it is for, the answer to it, and the mails it makes."""

    key = ""
    body = ""
    recipients: list[str]
    answer: object

    def mails(self) -> Iterator[Mail]:
        raise NotImplementedError


class MailgunCall(Call):
    def __init__(self, key: str, known: str, path: str, headers, body: bytes):
        expected = base64.b64encode(f"api:{key}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            raise Refused(401, {"message": "Forbidden"})
        domain = unquote(path.split("/")[2])
        if domain != known:
            raise Refused(404, {"message": f"Domain not found: {domain}"})
        self.fields = _form(headers.get("Content-Type", ""), body)
        self.to = self._addresses("to")
        copies = self._addresses("cc") + self._addresses("bcc")
        self.recipients = [address for _name, address in self.to + copies]
        for name in ("from", "to"):
            if not self.fields.get(name):
                raise Refused(400, {"message": f"{name} parameter is missing"})
        if not all(ADDRESS.fullmatch(address) for address in self.recipients):
            said = "to parameter is not a valid address. please check documentation"
            raise Refused(400, {"message": said})
        if len(self.recipients) > MAILGUN_LIMIT:
            raise Refused(400, {"message": f"at most {MAILGUN_LIMIT} recipients in one call"})
        variables = self._one("recipient-variables")
        self.variables = None if variables is None else json.loads(variables)
        self.id = f"<{uuid.uuid4().hex}@{domain}>"
        self.answer = {"id": self.id, "message": "Queued. Thank you."}

    def mails(self) -> Iterator[Mail]:
        """As the real one: without recipient-variables, everybody sees the whole To list."""
        everybody = [formataddr(pair) for pair in self.to]
        single = {name: _Template(values[0]) for name, values in self.fields.items() if values}
        if self.variables is None:
            yield from (self._mail(single, who, everybody, None) for who in self.recipients)
            return
        copies = self.recipients[len(self.to) :]
        for (_name, address), shown in zip(self.to, everybody, strict=True):
            for who in [address, *copies]:
                yield self._mail(single, who, [shown], self.variables.get(address, {}))

    def _mail(self, single: dict[str, _Template], who: str, to: list[str], variables) -> Mail:
        fields = {name: text.fill(variables) for name, text in single.items()}
        headers = {name[2:]: text for name, text in fields.items() if name.startswith("h:")}
        return Mail(
            recipient=who,
            to=to,
            subject=fields.get("subject", ""),
            sender=fields["from"],
            text=fields.get("text", ""),
            html=fields.get("html", ""),
            headers=headers,
            metadata={name[2:]: text for name, text in fields.items() if name.startswith("v:")},
            message_id=_message_id(headers) or self.id,
            provider_id=self.id,
        )

    def _addresses(self, name: str) -> list[tuple[str, str]]:
        return getaddresses(self.fields.get(name, []))

    def _one(self, name: str) -> str | None:
        return self.fields.get(name, [None])[0]


class ResendCall(Call):
    def __init__(self, key: str, path: str, headers, body: bytes):
        given = headers.get("Authorization", "")
        if not given:
            raise resend_refuses(
                401, "missing_api_key", "Missing API key in the authorization header."
            )
        if given != f"Bearer {key}":
            raise resend_refuses(401, "invalid_api_key", "API key is invalid.")
        self.key = headers.get("Idempotency-Key", "")
        if len(self.key) > 256:
            raise resend_refuses(
                400, "invalid_idempotency_key", "The key must have 1 to 256 characters."
            )
        said = json.loads(body)
        # What was said, not how it was spelt; and only its hash, as there may be many.
        self.body = hashlib.sha256(json.dumps([path, said], sort_keys=True).encode()).hexdigest()
        batch = path == "/emails/batch"
        self.parts: list[dict[str, Any]] = said if batch else [said]
        if batch and not (isinstance(said, list) and 1 <= len(said) <= RESEND_LIMIT):
            raise resend_refuses(
                422, "validation_error", f"1 to {RESEND_LIMIT} mails in one batch."
            )
        self.recipients = [who for part in self.parts for who in self._whom(part)]
        self.ids = [str(uuid.uuid4()) for _ in self.parts]
        self.answer = (
            {"data": [{"id": name} for name in self.ids]} if batch else {"id": self.ids[0]}
        )

    def _whom(self, part: dict[str, Any]) -> list[str]:
        for name in ("from", "to", "subject"):
            if not part.get(name):
                raise resend_refuses(422, "missing_required_field", f"Missing `{name}` field.")
        if not part.get("text") and not part.get("html"):
            raise resend_refuses(422, "missing_required_field", "Missing `html` or `text` field.")
        if len(part["to"]) > 50:
            raise resend_refuses(422, "validation_error", "At most 50 addresses in `to`.")
        lists = (part.get(name, []) for name in ("to", "cc", "bcc"))
        addresses = [address for given in lists for _name, address in getaddresses(given)]
        if not all(ADDRESS.fullmatch(address) for address in addresses):
            raise resend_refuses(422, "validation_error", "Invalid `to` field.")
        return addresses

    def mails(self) -> Iterator[Mail]:
        for part, name in zip(self.parts, self.ids, strict=True):
            for who in self._whom(part):
                yield self._mail(part, who, name)

    def _mail(self, part: dict[str, Any], who: str, name: str) -> Mail:
        headers = part.get("headers", {})
        return Mail(
            recipient=who,
            to=part["to"],
            subject=part["subject"],
            sender=part["from"],
            text=part.get("text", ""),
            html=part.get("html", ""),
            headers=headers,
            metadata=json.loads(headers.get("X-Metadata", "{}")),
            message_id=_message_id(headers) or name,
            provider_id=name,
        )


class _Template:
    """`%recipient.key%` filled in for a thousand people without reading the text again."""

    def __init__(self, text: str):
        self.parts = VARIABLE.split(text)

    def fill(self, variables: dict[str, Any] | None) -> str:
        """What is not known stays as it is, so that a test sees it."""
        if len(self.parts) == 1:
            return self.parts[0]
        known = variables or {}
        filled = self.parts[:]
        filled[1::2] = [str(known.get(name, f"%recipient.{name}%")) for name in self.parts[1::2]]
        return "".join(filled)


def _form(kind: str, body: bytes) -> dict[str, list[str]]:
    if not kind.startswith("multipart/"):
        return parse_qs(body.decode(), keep_blank_values=True)
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
    fields: dict[str, list[str]] = {}
    for part in whole.iter_parts():
        if part.get_filename() is None:
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True).decode()
            fields.setdefault(name, []).append(value)
    return fields


def _message_id(headers: dict[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "message-id"), "")


def resend_refuses(status: int, name: str, message: str) -> Refused:
    return Refused(status, {"statusCode": status, "name": name, "message": message})
