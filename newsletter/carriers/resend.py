"""Resend by anymail, and what anymail leaves out: a key for each call, and words of one's own."""

from __future__ import annotations

import hashlib

from anymail.backends import resend


class EmailBackend(resend.EmailBackend):
    def build_message_payload(self, message, defaults):
        return Payload(message, defaults, self)


class Payload(resend.ResendPayload):
    """`esp_extra`: the call's `key`; `marks` in the text and each one's `own` in their places."""

    marks: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}

    def set_extra_headers(self, headers):
        super().set_extra_headers(headers)
        # Tried again, a mail has the same id: so has the call.
        if mail_id := headers.get("Message-ID"):
            self.headers.setdefault("Idempotency-Key", hashlib.sha256(mail_id.encode()).hexdigest())

    def set_esp_extra(self, extra):
        extra = dict(extra)
        if key := extra.pop("key", ""):
            self.headers["Idempotency-Key"] = key
        self.marks, self.own = extra.pop("marks", {}), extra.pop("own", {})
        super().set_esp_extra(extra)

    def serialize_json(self, data):
        if self.marks and isinstance(data, list):
            for mail, to in zip(data, self.to_recipients, strict=True):
                for name, mark in self.marks.items():
                    for part in ("text", "html"):
                        mail[part] = mail[part].replace(mark, self.own[to.addr_spec][name])
        return super().serialize_json(data)
