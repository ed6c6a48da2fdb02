"""The sender's domain as other mail servers see it: its public records, and what they mean.

`findings` is pure: it asks whatever `look_up` it is given. Only the one below asks name servers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parseaddr

import dns.exception
import dns.resolver
from django.core.cache import cache
from django.utils.translation import gettext as _

from blog.models import Publication
from newsletter import providers
from newsletter.providers import Provider

NOTED, KEPT = "sender-records", 2 * 24 * 3600
SECONDS = 3.0  # for one question, however many servers are asked
LookUp = Callable[[str, str], list[str]]


class Unreachable(Exception):
    """No answer: neither that there is a record nor that there is none."""


@dataclass(frozen=True)
class Finding:
    """Something to mend. Broken: it does not work as it is; else it is only advice."""

    words: str
    broken: bool


@dataclass(frozen=True)
class Sender:
    """Whose mail it is: where From, the Message-ID and the DKIM signature say it comes from."""

    domain: str
    message_ids: str
    provider: Provider | None = None
    signing: str = ""

    @property
    def signs_as(self) -> str:
        return self.signing or self.domain


def look_up(name: str, kind: str) -> list[str]:
    """The records of this kind under this name, as text. None at all is an answer too."""
    try:
        answers = dns.resolver.resolve(name, kind, lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise Unreachable from error
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answers]
    return [record.to_text() for record in answers]


def current_sender() -> Sender:
    publication = Publication.current()
    return Sender(
        domain=parseaddr(publication.sender)[1].rpartition("@")[2].lower(),
        message_ids=publication.mail_domain.lower(),
        provider=providers.current(),
        signing=providers.signing_domain().lower(),
    )


def findings(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    """What to mend. Servers that do not answer are said once, as the last word."""
    try:
        for look in (_takes_mail, _spf, _dmarc, _alignment, _message_ids, _keys):
            yield from look(sender, look_up)
    except Unreachable:
        words = _(
            "The name servers do not answer, so the records of %(domain)s were not all looked at. "
            "Try again later; if it stays so, check this machine’s DNS settings."
        )
        yield Finding(words % {"domain": sender.domain}, broken=False)


def note_findings(sender: Sender, look_up: LookUp) -> None:
    """Keep what is broken for pages that must not wait for name servers."""
    broken = [finding.words for finding in findings(sender, look_up) if finding.broken]
    cache.set(NOTED, broken, timeout=KEPT)


def last_found() -> list[str]:
    """What was broken when it was last looked at; nothing when that was never."""
    return list(cache.get(NOTED) or [])


def aligned(one: str, other: str) -> bool:
    """Whether DMARC's relaxed rule takes both for the same organisation's."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return "." in one and "." in other
    return _organisation(one) == _organisation(other)


def _organisation(domain: str) -> str:
    """The part that somebody registered. Guessed: co.uk and com.au have three labels, others two.

    Wrong guesses only happen to short names beside each other (a.abc.de, b.abc.de).
    """
    labels = domain.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if shared else labels[-2:])


def _takes_mail(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    exchangers = look_up(sender.domain, "MX")
    if any(record.endswith(" .") for record in exchangers):
        words = _(
            "%(domain)s says that it takes no mail (its MX record is only a dot). People cannot "
            "answer your letters, and many mail servers refuse letters from there. "
            "Name your mail server in the MX record, or change the sender’s address."
        )
    elif not (exchangers or look_up(sender.domain, "A") or look_up(sender.domain, "AAAA")):
        words = _(
            "%(domain)s has neither an MX nor an A record. People cannot answer your letters, and "
            "many mail servers refuse letters from there. Add an MX record, "
            "or change the sender’s address."
        )
    else:
        return
    yield Finding(words % {"domain": sender.domain}, broken=True)


def _spf(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    facts = {"domain": sender.domain}
    records = [r.lower().strip() for r in look_up(sender.domain, "TXT")]
    records = [r for r in records if r == "v=spf1" or r.startswith("v=spf1 ")]
    if len(records) > 1:
        words = _(
            "%(domain)s has %(count)d SPF records. Only one may be there: with more, mail servers "
            "treat all of them as wrong. Join them into one TXT record that begins with v=spf1."
        )
        yield Finding(words % (facts | {"count": len(records)}), broken=True)
    elif not records:
        words = _(
            "%(domain)s has no SPF record, which says who may send mail in its name. Letters may "
            "be refused or end up as spam. Add a TXT record that begins with v=spf1; the company "
            "that carries your mail says what else to write into it."
        )
        # A provider puts a domain of its own on the envelope, which is what SPF looks at.
        yield Finding(words % facts, broken=sender.provider is None)
    elif "+all" in records[0].split() or "all" in records[0].split():
        words = _(
            "The SPF record of %(domain)s ends in +all: everybody may send in its name. "
            "End it with -all or ~all."
        )
        yield Finding(words % facts, broken=False)
    elif records[0].split()[1:] == ["-all"] and sender.provider is None:
        words = _(
            "The SPF record of %(domain)s says that nobody may send mail in its name, so letters "
            "are refused. Write the server that carries your mail into it."
        )
        yield Finding(words % facts, broken=True)


def _dmarc(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    facts = {"domain": sender.domain}
    records = next(
        (found for name in _above(sender.domain) if (found := _policies(name, look_up))), []
    )
    if not records:
        words = _(
            "%(domain)s has no DMARC record. Gmail, Yahoo and Outlook ask for one from everybody "
            "who sends newsletters. Add a TXT record named _dmarc.%(domain)s that says: "
            "v=DMARC1; p=none"
        )
    elif len(records) > 1:
        words = _(
            "%(domain)s has more than one DMARC record, which counts as none. Keep only one "
            "TXT record that begins with v=DMARC1."
        )
    elif tags(records[0]).get("p", "").lower() not in {"none", "quarantine", "reject"}:
        words = _(
            "The DMARC record of %(domain)s does not say what to do with false mail. "
            "It must hold p=none, p=quarantine or p=reject."
        )
    else:
        return
    yield Finding(words % facts, broken=True)


def _above(domain: str) -> Iterator[str]:
    """The domain and those above it, but no top-level one."""
    labels = domain.split(".")
    for n in range(max(len(labels) - 1, 1)):
        yield ".".join(labels[n:])


def _policies(domain: str, look_up: LookUp) -> list[str]:
    records = look_up(f"_dmarc.{domain}", "TXT")
    return [r for r in records if tags(r).get("v", "").upper() == "DMARC1"]


def tags(record: str) -> dict[str, str]:
    """`a=b; c=d` as DKIM and DMARC write it."""
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in parts if equals}


def _alignment(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    if not aligned(sender.signs_as, sender.domain):
        words = _(
            "Letters come from %(domain)s, but EMAIL_URL names %(signing)s as the domain to send "
            "for. DMARC wants both to belong together. Change the sender’s address, or the domain."
        )
        facts = {"domain": sender.domain, "signing": sender.signs_as}
        yield Finding(words % facts, broken=True)


def _message_ids(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    if not aligned(sender.message_ids, sender.domain):
        words = _(
            "Message-IDs end in %(message_ids)s, while letters come from %(domain)s. Some filters "
            "count that against a letter. Set the publication’s Message-ID domain to one that "
            "belongs to %(domain)s."
        )
        facts = {"domain": sender.domain, "message_ids": sender.message_ids}
        yield Finding(words % facts, broken=False)


def _keys(sender: Sender, look_up: LookUp) -> Iterator[Finding]:
    """Only where the provider is known to use fixed names for its DKIM keys."""
    if sender.provider is None or not sender.provider.selectors:
        return
    names = [f"{s}._domainkey.{sender.signs_as}" for s in sender.provider.selectors]
    keys = [tags(record).get("p", "") for name in names for record in look_up(name, "TXT")]
    if any(keys):
        return
    facts = {"provider": sender.provider.name, "name": names[0]}
    if keys:
        words = _(
            "The DKIM key %(name)s is empty, which means withdrawn: letters count as unsigned. "
            "Copy the record from %(provider)s’s page about your domain anew."
        )
    else:
        words = _(
            "%(name)s, where %(provider)s’s DKIM key usually is, has no record. Unless it gave you "
            "another name, letters count as unsigned: copy the record from %(provider)s’s page "
            "about your domain."
        )
    yield Finding(words % facts, broken=bool(keys))
