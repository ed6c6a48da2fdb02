"""The headers that mail companies ask for, and nobody's words among them."""

import re
from email import message_from_bytes, policy

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter import digest, emails, mail
from newsletter.letters import Letter
from newsletter.models import Confirmation, IssueQuote, Quote, Subscriber

SITE = "https://slow-signal.example"
LIST_MAIL = {
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive", "Feedback-ID"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "Content-Language"),
    *("Message-ID", "Date", "From", "To", "Subject", "MIME-Version", "Content-Type"),
}


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_URL = SITE


@pytest.fixture
def issue(weekly, post):
    return weekly.compose(timezone.now())


@pytest.fixture
def quote(post, issue):
    quote = Quote.objects.create(reference="reply-1", post=post, text="Shade.", name="Marigold")
    IssueQuote.objects.choose(issue, [quote])
    return quote


LETTER = Letter(
    to="tern@example.com",
    own={"stop": "0123456789abcdef", "manage": "fedcba9876543210"},
    message_id="<d.1.2.3@slow-signal.example>",
    date=timezone.now(),
)


def both_ways(form):
    """The mail as a backend of Django's builds it, and as we write it on the wire."""
    for wire in (mail.as_bytes(form.message(LETTER)), form.on_the_wire(LETTER)):
        yield message_from_bytes(wire, policy=policy.default)


def header(parsed, name):
    """Without the blank that a folded line begins with."""
    return parsed[name].strip()


def made(issue, publication, *, quiet=False):
    _subject, issue.text, issue.html = emails.frozen(issue, publication)
    issue.subject = issue.subject.strip() or _subject
    return emails.form(issue, publication, quiet=quiet, standing=issue.chosen_quotes.standing_ids())


def composed(issue, publication, post, note=""):
    with mail.at_home(publication):
        issue.words = digest.words(publication, [post], issue.period, kind="weekly", note=note)
    return issue


# What must be there ------------------------------------------------------------------------------


def test_every_letter_has_the_headers_of_list_mail_and_no_other(issue, publication, post):
    form = made(composed(issue, publication, post), publication)

    for parsed in both_ways(form):
        names = [name for name in parsed if name != "Content-Transfer-Encoding"]
        assert sorted(names, key=str.lower) == sorted(LIST_MAIL, key=str.lower)


def test_a_letter_names_its_list_its_issue_and_the_way_out(issue, publication, post):
    form = made(composed(issue, publication, post), publication)

    for parsed in both_ways(form):
        stop = f"<{SITE}/newsletter/unsubscribe/{LETTER.own['stop']}/>"
        assert parsed["List-Id"] == "Slow Signal <weekly.newsletter.slow-signal.example>"
        assert header(parsed, "List-Unsubscribe") == stop
        assert parsed["Content-Language"] == "en"
        assert re.fullmatch(r"\d{8}:weekly:newsletter:[a-z0-9]{5,15}", parsed["Feedback-ID"])


def test_both_ways_of_building_a_letter_say_the_same(issue, publication, post, quote):
    post.title = "Größe — “ganz” 漢字 und ein sehr langer Titel, der gefaltet werden muss, " * 2
    django, wire = both_ways(made(composed(issue, publication, post), publication))

    names = LIST_MAIL - {"Content-Type"}
    assert {name: header(django, name) for name in names} == {
        name: header(wire, name) for name in names
    }
    for kind in ("plain", "html"):
        one, other = (parsed.get_body((kind,)).get_content() for parsed in (django, wire))
        assert one.strip() == other.strip()


def test_a_confirmation_is_automatic_and_of_no_list(publication):
    person = Subscriber.objects.create(email="tern@example.com")
    confirmation = Confirmation.objects.create(subscriber=person)
    headers = emails.confirmation(confirmation).message()

    assert headers["Auto-Submitted"] == "auto-generated"
    assert not [name for name in headers if name.startswith(("List-", "Precedence"))]


def test_a_subject_of_blanks_is_made_from_the_posts(issue):
    issue.subject = " \u2003 "
    issue.save()
    issue.start()

    assert issue.subject == "Slow Signal: Hot days"


# What nobody can add -----------------------------------------------------------------------------

EVIL = [
    *("\r\nBcc: evil@example.org", "\nBcc: evil@example.org", "\rBcc: evil@example.org"),
    *("\r\n\r\nBody", "\0", "\u2028Bcc: evil@example.org", "\x85To: evil@example.org", "\u2029"),
    *("%0d%0aBcc: evil@example.org", "=?utf-8?q?=0d=0aBcc:_evil@example.org?=", "=?utf-8?b?"),
    *("a" * 2_000, "   ", "ä" * 300, '" <evil@example.org>, "', "<evil@example.org>", "(", "\\"),
    *("\u202e", "漢字", ", evil@example.org,", ";", ":", "\r\n ", "\t", "\ud7ff", "\x0b\x0c\x1c"),
]
WORDS = st.lists(st.sampled_from([*EVIL, "Heat", "Sara", " "]), max_size=4).map("".join)


def one_person_and_the_same_headers(parsed):
    names = [name for name in parsed if name != "Content-Transfer-Encoding"]
    [to] = parsed["To"].addresses
    [sender] = parsed["From"].addresses
    assert sorted(map(str.lower, names)) == sorted(map(str.lower, LIST_MAIL))
    assert (to.addr_spec, sender.addr_spec) == (LETTER.to, "newsletter@slow-signal.example")
    assert all(not re.search(r"[\r\n\0]", str(parsed[name])) for name in names)
    assert not re.search(r"[\r\n\0\u2028]", sender.display_name)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(title=EVIL[9], name=EVIL[9], from_name=EVIL[9], subject=EVIL[9], note="", said="", of="x")
@given(title=WORDS, name=WORDS, from_name=WORDS, subject=WORDS, note=WORDS, said=WORDS, of=WORDS)
@pytest.mark.parametrize("quiet", [False, True])
def test_no_words_of_anybody_reach_the_headers(
    issue, publication, post, quote, quiet, title, name, from_name, subject, note, said, of
):
    post.title, issue.subject = title, subject
    publication.name, publication.from_name = name, from_name
    Quote.objects.update(text=said.replace("\0", "") or "-", name=of.replace("\0", "")[:80])

    for parsed in both_ways(
        made(composed(issue, publication, post, note), publication, quiet=quiet)
    ):
        one_person_and_the_same_headers(parsed)
        assert parsed.get_body(("html",)) and parsed.get_body(("plain",))
        assert len(header(parsed, "Subject")) <= mail.SUBJECT_LENGTH


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=WORDS, from_name=WORDS)
def test_no_name_reaches_the_headers_of_a_confirmation(publication, name, from_name):
    person = Subscriber(pk=1, email="tern@example.com")
    confirmation = Confirmation(pk=1, subscriber=person)
    publication.name, publication.from_name = name, from_name
    wire = mail.as_bytes(emails.confirmation(confirmation, publication=publication))
    parsed = message_from_bytes(wire, policy=policy.default)

    assert [address.addr_spec for address in parsed["To"].addresses] == ["tern@example.com"]
    assert parsed["Bcc"] is None and len(parsed.get_all("To")) == 1
    assert parsed["From"].addresses[0].addr_spec == "newsletter@slow-signal.example"


@pytest.mark.parametrize("language", ["en\r\nBcc: x@y.z", "=?utf-8?q?x?=", "en\u2028", "", " "])
def test_a_language_adds_no_header(issue, publication, post, language):
    composed(issue, publication, post)
    publication.language = language

    for parsed in both_ways(made(issue, publication)):
        one_person_and_the_same_headers(parsed)


@pytest.mark.parametrize(
    "to",
    [
        "a@b.c\r\nBcc: x@y.z",
        "a@b.c, x@y.z",
        "a b@c.d",
        "a@b.c\u2028",
        "ä@b.c",
        "",
        "a@b@c",
        "a@b.c,x@y.z",
    ],
)
def test_an_address_that_is_not_one_never_becomes_a_recipient(to):
    with pytest.raises(ValueError, match="not fit"):
        Letter(to=to, own={"stop": "x"}, message_id="<x@y.z>", date=timezone.now())
