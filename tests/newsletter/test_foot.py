"""The foot of a letter: pause, change, stop, each on a line of its own, by links of one's own."""

import re
from email import message_from_bytes, policy

import pytest
from bs4 import BeautifulSoup
from django.core import mail as sent
from django.utils import timezone

from newsletter.models import Edition, Follow, Proof, Subscriber
from newsletter.models.drafts import MOST_BYTES
from newsletter.tasks import tick
from tests.newsletter import ways

WAYS = ["Pause for 1, 3 or 6 months", "Change how often, or what about"]


@pytest.fixture(params=["weekly", "each", "monthly", "story"])
def letter(request, weekly, post, subscribe, sara):
    """A mail of each edition, to Marigold, who is in."""
    edition, _made = Edition.objects.get_or_create(
        kind=request.param,
        defaults={"since": weekly.since, "switched_on_at": weekly.switched_on_at},
    )
    someone = subscribe(frequency="weekly" if request.param == "story" else request.param)
    if request.param == "story":
        old = type(post).objects.create(title="CCSVI", body="-", author=sara.author)
        type(post).objects.filter(pk=old.pk).update(published_at="2012-07-15T09:00Z")
        post.follows_up.add(old)
        Follow.objects.begin(someone, old)
    issue = edition.compose(edition.free_minute())
    issue.start()
    tick()
    [message] = sent.outbox
    return message, someone, issue


def html_of(message):
    return message.alternatives[0][0]


def links(html):
    return {a.get_text(): a["href"] for a in BeautifulSoup(html, "html.parser").find_all("a")}


def test_pause_change_and_stop_are_three_lines_of_44_pixels(letter, settings):
    message, someone, issue = letter
    stop = "Stop news on this story" if issue.edition.kind == "story" else "Stop all letters"
    soup = BeautifulSoup(html_of(message), "html.parser")
    three = [soup.find("a", string=words) for words in [*WAYS, stop]]

    assert len({id(a.find_parent("p")) for a in three}) == 3
    assert all("min-height: 44px" in a["style"] for a in three)


def test_each_leads_where_it_says_with_the_token_that_can_do_it(letter, settings):
    message, someone, issue = letter
    found, page = links(html_of(message)), f"/newsletter/manage/{someone.manage_token}/"
    pause, change = (found[words].removeprefix(settings.SITE_URL) for words in WAYS)
    stop = found.get("Stop all letters") or found["Stop news on this story"]

    assert (pause, change) == (f"{page}#pause", page)
    assert message.extra_headers["List-Unsubscribe"] == f"<{stop}>"


def test_the_header_never_has_the_token_that_changes_things(letter):
    message, someone, _issue = letter
    headers = str(message.extra_headers)

    assert someone.manage_token not in headers
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_text_part_has_the_same_links_on_lines_of_their_own(letter):
    message, _someone, _issue = letter
    lines = message.body.splitlines()

    # Some mail programs show one part only: nothing may be missing there.
    assert set(links(html_of(message)).values()) <= set(lines)


def test_reading_it_in_a_browser_shows_nobody(letter, reader, settings):
    message, someone, issue = letter
    address = links(html_of(message)).get("Read this letter in a browser")
    if issue.edition.kind == "story":  # its post's page is all of it
        assert address is None
        return
    page = reader.get(address.removeprefix(settings.SITE_URL))

    assert page.status_code == 200
    assert someone.public_id not in address + page.content.decode()


def test_a_mail_stays_small_brings_no_picture_and_no_script(letter):
    message, _someone, _issue = letter
    html = html_of(message)

    assert len(html.encode()) < MOST_BYTES
    assert not re.search(r"<(img|script|link|iframe)|url\(|@import", html)


def test_fetching_every_link_of_it_twice_changes_nothing(letter, reader, settings):
    message, someone, issue = letter
    before = (someone.status, someone.frequency, Follow.objects.going_on().count())
    for _ in range(2):
        for address in links(html_of(message)).values():
            reader.get(address.removeprefix(settings.SITE_URL).partition("#")[0])
            reader.head(address.removeprefix(settings.SITE_URL).partition("#")[0])

    someone.refresh_from_db()
    assert (someone.status, someone.frequency, Follow.objects.going_on().count()) == before


@pytest.mark.parametrize("way", [ways.by_mailgun, ways.by_resend])
def test_companies_fill_in_both_links_of_each_person(settings, provider, letter_to, way):
    way(settings, provider)
    letter_to("marigold", "fern")
    tick()

    for got in ways.of_provider(provider):
        someone = Subscriber.objects.get(email=got.to)
        assert f"/newsletter/manage/{someone.manage_token}/" in got.html
        assert f"/newsletter/unsubscribe/{someone.unsubscribe_token}/" in got.html
        assert not re.search("own-(link|page)|recipient", got.html + got.text)


def test_by_smtp_the_header_and_the_foot_have_their_own_tokens(smtp, letter_to):
    letter_to("marigold")
    tick()
    [taken] = smtp.taken
    mail = message_from_bytes(taken.raw, policy=policy.default)
    someone = Subscriber.objects.get()

    assert someone.unsubscribe_token in mail["List-Unsubscribe"]
    assert someone.manage_token not in str(mail.items())
    assert mail.get_body(("html",)).get_content().count(someone.manage_token) == 2


def test_the_links_of_a_test_letter_say_that_it_was_one(
    weekly, post, sara, reader, settings, commit, mailoutbox
):
    sara.email = "sara@example.org"
    sara.save()
    with commit():
        Proof.objects.ask(weekly.compose(timezone.now()), sara)
    own = [url for words, url in links(html_of(mailoutbox[0])).items() if "Stop" in words]
    own += [links(html_of(mailoutbox[0]))[words] for words in WAYS]

    assert len(own) == 3
    for address in own:
        page = reader.get(address.removeprefix(settings.SITE_URL).partition("#")[0])
        assert "This was a test" in page.content.decode()
