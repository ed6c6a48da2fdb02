"""A letter as it arrived somewhere: who signed it (DKIM), and what the signature covers.

Mail programs show their own button to unsubscribe only when both of its headers are signed
(RFC 8058, section 4), and Gmail asks for the button from everybody who sends newsletters.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from django.utils.translation import gettext as _

from newsletter.domain import Finding, aligned, tags

COVERED = ["From", "List-Unsubscribe", "List-Unsubscribe-Post"]


def findings(letter: bytes) -> Iterator[Finding]:
    """What is wrong with its signatures; nothing when one of them is good and covers all."""
    headers = BytesHeaderParser().parsebytes(letter)
    origin = sender_domain(headers)
    if not origin:
        words = _(
            "This is no letter: no From line with an address was found. In your mail program, "
            "save the letter as a file with all its headers (“show original”, “save as .eml”)."
        )
        yield Finding(words, broken=True)
        return
    missing = [name for name in COVERED if name not in headers]
    if missing:
        words = _(
            "The letter has no %(names)s. Only issues carry them: take one of those, not a "
            "confirmation. If it is one, the relay took them out; ask whoever runs it."
        )
        yield Finding(words % {"names": ", ".join(missing)}, broken=True)
    signatures = [tags(_unfolded(value)) for value in headers.get_all("DKIM-Signature", [])]
    if not signatures:
        words = _(
            "Nobody signed this letter: it has no DKIM-Signature. Turn on signing at the relay or "
            "company that carries your mail."
        )
        yield Finding(words, broken=True)
        return
    said = [list(_about(signature, origin)) for signature in signatures]
    if [] not in said:
        for words_about_one in said:
            yield from words_about_one


def seals(letter: bytes) -> list[str]:
    """Who signed it, in words."""
    headers = BytesHeaderParser().parsebytes(letter)
    signatures = [tags(_unfolded(value)) for value in headers.get_all("DKIM-Signature", [])]
    words = _("Signed by %(domain)s (key %(selector)s), covering %(names)s.")
    return [
        words
        % {
            "domain": signature.get("d", "?"),
            "selector": signature.get("s", "?"),
            "names": ", ".join(n for n in COVERED if n.lower() in covered(signature)) or "–",
        }
        for signature in signatures
    ]


def covered(signature: dict[str, str]) -> set[str]:
    """The headers that a signature is over, in small letters."""
    return {name.strip().lower() for name in signature.get("h", "").split(":")}


def sender_domain(headers: Message) -> str:
    return parseaddr(_unfolded(headers.get("From", "")))[1].rpartition("@")[2].lower()


def _about(signature: dict[str, str], origin: str) -> Iterator[Finding]:
    domain = signature.get("d", "")
    if not domain or not signature.get("h"):
        words = _("A DKIM-Signature names no domain or no headers, so it counts for nothing.")
        yield Finding(words, broken=True)
        return
    if not aligned(domain, origin):
        words = _(
            "%(domain)s signed it, which does not belong to the sender’s %(origin)s, so it does "
            "not count for DMARC. Set up signing for %(origin)s at whoever carries your mail."
        )
        yield Finding(words % {"domain": domain, "origin": origin}, broken=True)
    if bare := [name for name in COVERED if name.lower() not in covered(signature)]:
        words = _(
            "The signature of %(domain)s does not cover %(names)s, so mail programs may show no "
            "button to unsubscribe. Add them to the headers that are signed (SignHeaders of "
            "OpenDKIM, sign_headers of Rspamd), or ask whoever carries your mail."
        )
        yield Finding(words % {"domain": domain, "names": ", ".join(bare)}, broken=True)


def _unfolded(value: object) -> str:
    """On one line, and without what could steer a terminal."""
    return "".join(c for c in " ".join(str(value).split()) if c.isprintable())
