"""What writers and watchers find in their mail: the rules of all our mails, and quiet subjects."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comments.models import Notice, Receipt, Watch, Writer
from newsletter import emails as letters
from tests.newsletter.test_mails import Page, html_of, parsed, text_of
from tests.newsletter.test_scanners import SCANNERS, links, rows

SITE = "https://slow-signal.example"
NAMES = ["prove", "watch", "link", "received", "published", "answered", "thread"]
OF_A_LIST = ["received", "published", "answered", "thread"]


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_URL = SITE
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def every_row(known, hold, post, sara, time_machine):
    """A row of each kind of mail, by its name."""
    fern = known("fern")
    Watch.objects.begin(fern.subscriber, post)
    stranger = hold("Elsewhere.").writer
    stranger.give_address("stranger@example.com")
    Watch.objects.ask("watcher@example.com", post)
    first = hold("First.", writer=fern)
    first.publish(by=sara)
    hold("Same here.", parent=first).publish(by=sara)
    hold("Waits still.", writer=fern)
    fern.acknowledge()
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    Notice.objects.tell_watchers()
    Writer.objects.create(same_as=fern).send_link()
    prove, watch, received, link = Receipt.objects.order_by("pk")
    notices = {notice.kind: notice for notice in Notice.objects.all()}
    return {"prove": prove, "watch": watch, "received": received, "link": link, **notices}


@pytest.fixture
def every_mail(every_row):
    return {name: row.message() for name, row in every_row.items()}


def test_there_is_a_mail_of_each_kind(every_mail):
    assert sorted(every_mail) == sorted(NAMES)


def test_no_subject_names_a_post_and_each_says_what_it_is_about(every_mail):
    assert {name: mail.subject for name, mail in every_mail.items()} == {
        "prove": "Please confirm: a reply at Slow Signal",
        "watch": "Please confirm: new replies at Slow Signal",
        "link": "Your private link to Slow Signal",
        "received": "Slow Signal: your reply has arrived",
        "published": "Slow Signal: your reply is up",
        "answered": "Slow Signal: somebody answered you",
        "thread": "Slow Signal: new replies",
    }


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_short_and_addresses_stand_alone(every_mail, name):
    for line in text_of(every_mail[name]).splitlines():
        assert len(line) <= 72 or re.fullmatch(r"https?://\S+", line)
        assert "http" not in line or line.startswith("http")


@pytest.mark.parametrize("name", NAMES)
def test_one_column_one_heading_one_button_nothing_loaded(every_mail, name):
    html = html_of(every_mail[name])
    page = Page(html)
    [button] = [a for a in page.all("a") if "button" in a.get("class", "")]

    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert all(table.get("role") == "presentation" for table in page.all("table"))
    assert not re.search(r"<img|<link|<script|url\(|@import|src=", html)
    assert int(re.search(r"min-height: (\d+)px", button["style"])[1]) >= 48
    assert f">{button['href']}<" in html and button["href"] in text_of(every_mail[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_the_site_without_a_query(every_mail, name):
    found = [a["href"] for a in Page(html_of(every_mail[name])).all("a")]

    assert len(found) >= 2
    assert all(re.fullmatch(rf"{SITE}/[^?]*", link) for link in found)


@pytest.mark.parametrize("name", NAMES)
def test_get_help_and_the_postal_address_are_in_each(every_mail, name):
    assert f"{SITE}/help/" in text_of(every_mail[name])
    for said in (text_of(every_mail[name]), html_of(every_mail[name])):
        assert "1 Quiet Street, London" in said


@pytest.mark.parametrize("name", ["prove", "watch", "link"])
def test_a_question_is_short_and_brings_no_header_to_leave_a_list_by(every_mail, name):
    assert len(text_of(every_mail[name]).split()) <= 85
    assert parsed(every_mail[name])["List-Unsubscribe"] is None


@pytest.mark.parametrize("name", OF_A_LIST)
def test_mails_of_a_list_can_be_stopped_changed_and_paused(every_mail, name):
    mail = every_mail[name]
    headers = parsed(mail)

    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == f"Slow Signal <{name}.replies.slow-signal.example>"
    for words in ("Stop mails of this kind", "Choose which mails I get", "Pause all mail"):
        assert words in text_of(mail)
        assert words in html_of(mail)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_marked_as_automatic_and_comes_from_the_sites_name(every_mail, name):
    headers = parsed(every_mail[name])

    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["From"].startswith("Slow Signal <")
    assert headers["To"].endswith("@example.com")


@pytest.mark.parametrize("name", NAMES)
def test_tried_again_it_is_the_same_mail_and_names_its_row(every_row, name, time_machine):
    row = every_row[name]
    row._claim()
    first = parsed(row.message())
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    second = parsed(row.message())

    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])
    assert letters.named(first["Message-ID"]) == (row.LETTER, row.pk)


@pytest.mark.parametrize("name", OF_A_LIST)
def test_for_who_likes_it_discreet_no_title_stands_in_it(every_row, name, post):
    row = every_row[name]
    row.subscriber.quiet = True
    row.subscriber.save()
    shown = re.sub(r"<head.*?</head>|<[^>]+>", " ", html_of(row.message()), flags=re.S)

    assert post.title not in shown
    assert post.title not in text_of(row.message())


@pytest.mark.parametrize("title", ["Heat\r\nBcc: evil@example.org", "<script>alert(1)</script>"])
def test_a_title_adds_neither_header_nor_markup(every_row, post, title):
    type(post).objects.update(title=title)
    for row in every_row.values():
        row.refresh_from_db()
        mail = row.message()
        assert parsed(mail)["Bcc"] is None
        assert "<script>" not in html_of(mail)


def test_fetching_every_link_of_every_mail_twice_changes_nothing(every_mail):
    found = sorted(set().union(*map(links, every_mail.values()))) * 2
    before = rows()
    for number, link in enumerate(found):
        scanner = Client(headers=SCANNERS[number % len(SCANNERS)])
        (scanner.head if number % 5 == 0 else scanner.get)(link, follow=True)

    assert len(found) >= 2 * 10
    assert rows() == before


def test_every_link_of_every_mail_is_there(every_mail):
    for link in set().union(*map(links, every_mail.values())) - {"/help/"}:
        assert Client().get(link, follow=True).status_code == 200, link
