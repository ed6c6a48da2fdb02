"""What the sender's domain tells other mail servers, and what to mend about it."""

import socket
import threading
import time

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import domain
from newsletter.domain import Sender, aligned, findings
from newsletter.providers import PROVIDERS, Provider

SENDER = Sender("example.org", "example.org")
GOOD = {
    ("example.org", "MX"): ["10 mx.example.org."],
    ("example.org", "TXT"): ["google-site-verification=1", "v=spf1 mx -all"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none"],
}


def said(sender=SENDER, **changes):
    """What is found when these records are otherwise: (broken, words) each."""
    kinds = {"mx": ("example.org", "MX"), "spf": ("example.org", "TXT")}
    kinds |= {"a": ("example.org", "A"), "dmarc": ("_dmarc.example.org", "TXT")}
    records = GOOD | {kinds.get(name, (name, "TXT")): value for name, value in changes.items()}
    found = findings(sender, lambda name, kind: records.get((name, kind), []))
    return [(finding.broken, finding.words) for finding in found]


def test_a_domain_in_good_order_has_nothing_to_mend():
    assert said() == []
    assert said(mx=[], a=["192.0.2.1"]) == []


@pytest.mark.parametrize(
    ("records", "broken", "words"),
    [
        ({"mx": []}, True, "neither an MX nor an A record"),
        ({"mx": ["0 ."]}, True, "takes no mail"),
        ({"spf": []}, True, "no SPF record"),
        ({"spf": ["v=spf10 -all"]}, True, "no SPF record"),
        ({"spf": ["v=spf1 mx -all", "V=SPF1 a -all"]}, True, "has 2 SPF records"),
        ({"spf": ["v=spf1 mx +all"]}, False, "everybody may send"),
        ({"spf": ["v=spf1 -all"]}, True, "nobody may send"),
        ({"dmarc": []}, True, "no DMARC record"),
        ({"dmarc": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, True, "more than one DMARC"),
        ({"dmarc": ["v=DMARC1; rua=mailto:a@example.org"]}, True, "must hold p=none"),
    ],
)
def test_each_fault_is_said_once_and_in_words(records, broken, words):
    [(is_broken, sentence)] = said(**records)

    assert is_broken is broken
    assert words in sentence
    assert "example.org" in sentence


def test_a_policy_of_the_domain_above_holds_for_letters_from_below():
    below = Sender("news.example.org", "example.org")

    assert not [words for _broken, words in said(below) if "DMARC" in words]


def test_the_domain_that_the_provider_sends_for_must_belong_to_the_sender():
    mailgun = PROVIDERS["mailgun"]

    assert said(Sender("example.org", "example.org", mailgun, "mg.example.org")) == []
    [(broken, words)] = said(Sender("example.org", "example.org", mailgun, "mg.example.net"))
    assert broken and "mg.example.net" in words


def test_message_ids_of_another_domain_are_advice():
    [(broken, words)] = said(Sender("example.org", "localhost"))

    assert (broken, "Message-IDs end in localhost" in words) == (False, True)


@pytest.mark.parametrize("name", [name for name, p in PROVIDERS.items() if p.selectors])
def test_a_providers_usual_key_is_looked_for(name):
    provider = PROVIDERS[name]
    sender = Sender("example.org", "example.org", provider)
    place = f"{provider.selectors[0]}._domainkey.example.org"

    assert place in said(sender)[0][1]
    assert said(sender, **{place: ["v=DKIM1; k=rsa; p=MIGf"]}) == []
    assert "withdrawn" in said(sender, **{place: ["v=DKIM1; p="]})[0][1]


def test_a_provider_without_a_usual_key_is_taken_at_its_word():
    assert said(Sender("example.org", "example.org", Provider("Postmark"))) == []


def test_without_spf_a_provider_may_still_be_trusted():
    [(broken, _words)] = said(Sender("example.org", "example.org", Provider("Postmark")), spf=[])

    assert not broken


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("example.org", "EXAMPLE.org.", True),
        ("mg.example.org", "example.org", True),
        ("a.example.org", "b.example.org", True),
        ("example.org", "example.net", False),
        ("evil-example.org", "example.org", False),
        ("one.co.uk", "two.co.uk", False),
        ("news.one.co.uk", "mail.one.co.uk", True),
        ("localhost", "localhost", False),
    ],
)
def test_names_that_belong_together(one, other, together):
    assert aligned(one, other) is aligned(other, one) is together


@given(records=st.dictionaries(st.sampled_from([*GOOD]), st.lists(st.text(), max_size=3)))
def test_no_record_however_odd_ends_in_an_error(records):
    answers = GOOD | records
    found = list(findings(SENDER, lambda name, kind: answers.get((name, kind), [])))

    assert all(finding.words for finding in found)


# The real questions, to a name server on this machine --------------------------------------------


class NameServer(threading.Thread):
    """Answers what it was told to; `silent` never, `lame` with a failure."""

    def __init__(self, records):
        super().__init__(daemon=True)
        self.records, self.silent, self.lame = records, False, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        while True:
            try:
                wire, asker = self.socket.recvfrom(4096)
            except OSError:
                return
            if not self.silent:
                self.socket.sendto(self.answer(dns.message.from_wire(wire)).to_wire(), asker)

    def answer(self, query):
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if self.lame:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif texts := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif name not in {known for known, _kind in self.records}:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@pytest.fixture
def name_server(monkeypatch):
    server = NameServer(
        {
            ("example.org", "MX"): ["10 mx.example.org."],
            ("example.org", "TXT"): ['"v=spf1 mx " "-all"'],
            ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=none"'],
        }
    )
    server.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    yield server
    server.socket.close()


def test_records_are_read_as_text_and_none_is_an_answer(name_server):
    assert domain.look_up("example.org", "TXT") == ["v=spf1 mx -all"]
    assert domain.look_up("example.org", "MX") == ["10 mx.example.org."]
    assert domain.look_up("example.org", "A") == []
    assert domain.look_up("nowhere.example.org", "TXT") == []


def test_a_whole_domain_is_looked_over(name_server):
    assert list(findings(SENDER, domain.look_up)) == []


def test_name_servers_that_fail_are_said_once_in_words(name_server):
    name_server.lame = True

    [finding] = findings(SENDER, domain.look_up)
    assert "do not answer" in finding.words
    assert not finding.broken


def test_name_servers_that_are_silent_cost_seconds_only(name_server, monkeypatch):
    monkeypatch.setattr(domain, "SECONDS", 0.3)
    name_server.silent = True
    start = time.monotonic()

    [finding] = findings(SENDER, domain.look_up)
    assert "do not answer" in finding.words
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".org", "bücher.example", "\ud800"])
def test_what_is_no_name_ends_in_words_too(name_server, name):
    assert list(findings(Sender(name, name), domain.look_up))


def test_a_machine_without_name_servers_is_told_so(monkeypatch):
    def unconfigured(*_args, **_kwargs):
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "resolve", unconfigured)

    assert "this machine’s DNS settings" in next(findings(SENDER, domain.look_up)).words
