"""Letters on the web: a page for each as soon as it leaves, feeds of them, nobody's link inside."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from comments.models import Comment, Writer
from newsletter import outbox, tokens
from newsletter.models import Edition, Issue, Subscriber

FEED, JSON_FEED = "/newsletter/issues/feed/", "/newsletter/issues/feed.json"


@pytest.fixture(autouse=True)
def _own_name(settings):
    settings.SITE_URL = "https://slow-signal.example"
    settings.ALLOWED_HOSTS = ["*"]


def rss_items(reader):
    answer = reader.get(FEED, headers={"host": "evil.example"})
    return ElementTree.fromstring(answer.content).findall("channel/item")  # noqa: S314


def json_items(reader):
    return json.loads(reader.get(JSON_FEED, headers={"host": "evil.example"}).content)["items"]


@pytest.fixture
def quoted(weekly, post, subscribe):
    """A sent letter with a reply in it that its writer lets us quote."""
    subscribe("fern")
    reply = Comment.objects.create(
        post=post,
        name="Wren",
        body="A wet scarf & shade.",
        writer=Writer.objects.create(),
        consent_at=timezone.now(),
        consent_wording="x",
        may_quote=True,
        may_quote_since=timezone.now(),
    )
    reply.publish(by=None)
    issue = weekly.draft()
    issue.write(
        "A week of shade", "Hello.\nIt is hot.", list(post.quotes.all()), seen=issue.version
    )
    issue.start()
    return issue, reply


def test_the_page_is_there_before_the_first_mail_leaves(letter_to, reader, unrung, mailoutbox):
    issue = letter_to("fern")

    assert mailoutbox == []
    assert reader.get(issue.get_absolute_url()).status_code == 200


def test_when_a_reader_opens_the_mail_its_page_is_there(letter_to, reader, monkeypatch):
    answers = []
    really = outbox.Outbound.settle

    def settle(row, *args, **facts):
        answers.append(reader.get(row.issue.get_absolute_url()).status_code)
        return really(row, *args, **facts)

    monkeypatch.setattr(outbox.Outbound, "settle", settle)
    issue = letter_to("fern")
    issue.deliveries.get().deliver()

    assert answers == [200]


def test_a_paused_letter_keeps_its_page_and_is_not_listed(letter_to, reader):
    issue = letter_to("fern")
    issue.pause()

    assert reader.get(issue.get_absolute_url()).status_code == 200
    assert issue.public_id not in reader.get("/newsletter/issues/").content.decode()


def test_a_letter_that_was_cancelled_on_its_way_says_so(letter_to, reader):
    issue = letter_to("fern")
    issue.cancel()
    answer = reader.get(issue.get_absolute_url())

    assert answer.status_code == 410
    assert "This letter was taken back" in answer.content.decode()


def test_a_draft_has_no_page(weekly, post, reader):
    assert reader.get(weekly.draft().get_absolute_url()).status_code == 404


@pytest.mark.parametrize("address", ["", FEED, JSON_FEED])
def test_nothing_in_the_archive_is_anybodys_own(letter_to, reader, address):
    issue = letter_to("fern")
    issue.deliveries.get().deliver()
    someone = Subscriber.objects.get()

    answer = reader.get(address or issue.get_absolute_url())
    said = answer.content.decode()

    own = (someone.unsubscribe_token, someone.manage_token, someone.public_id, "fern@", "own-link")
    assert "Hot days" in said
    assert not [word for word in own if word in said]
    assert not answer.cookies


def test_no_link_of_the_archive_proves_anything(letter_to, reader):
    issue = letter_to("fern")
    page = reader.get(issue.get_absolute_url()).content.decode()
    words = re.findall(r"[2-9a-z]{32}", page)

    purposes = (tokens.UNSUBSCRIBE, tokens.MANAGE, tokens.UNFOLLOW, tokens.CONFIRM)
    assert not [word for word in words for purpose in purposes if tokens.proves(word, purpose)]


def test_the_feeds_tell_of_each_letter_under_the_sites_own_name(letter_to, reader):
    issue = letter_to("fern")
    (item,), (other) = rss_items(reader), json_items(reader)[0]

    address = "https://slow-signal.example" + issue.get_absolute_url()
    assert item.findtext("link") == item.findtext("guid") == address
    assert (other["id"], other["url"]) == (address, address)
    assert item.findtext("title") == other["title"] == issue.subject


def test_every_link_in_the_feeds_is_absolute(quoted, reader):
    texts = [rss_items(reader)[0].findtext("description"), json_items(reader)[0]["content_html"]]

    for text in texts:
        links = re.findall(r'href="([^"]*)"', text)
        assert len(links) >= 2
        assert not [at for at in links if not at.startswith("https://slow-signal.example/")]


def test_the_feeds_carry_the_note_and_what_readers_said(quoted, reader):
    text = json_items(reader)[0]["content_html"]

    assert "Hello.<br>It is hot." in text
    assert "A wet scarf &amp; shade." in text
    assert "Wren, who allowed us to quote it" in text


def test_a_quote_that_is_taken_back_leaves_the_feeds(quoted, reader):
    _issue, reply = quoted
    reply.let_quote(False)

    assert "scarf" not in reader.get(FEED).content.decode()
    assert "scarf" not in reader.get(JSON_FEED).content.decode()


def test_a_quote_of_a_withdrawn_post_leaves_the_feeds(quoted, reader, post):
    post.withdrawn_at = timezone.now()
    post.save()

    assert "scarf" not in reader.get(FEED).content.decode()


def test_the_json_feed_is_one(letter_to, reader, publication):
    letter_to("fern")
    answer = reader.get(JSON_FEED)
    feed = json.loads(answer.content)

    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://slow-signal.example" + JSON_FEED
    assert feed["items"][0]["date_published"]


def test_the_rss_feed_is_one(letter_to, reader):
    letter_to("fern")
    answer = reader.get(FEED)

    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert b'<rss version="2.0"' in answer.content


@pytest.mark.parametrize("address", [FEED, JSON_FEED])
def test_a_feed_that_has_not_changed_is_not_sent_again(letter_to, reader, address, time_machine):
    letter_to("fern")
    tag = reader.get(address)["ETag"]
    time_machine.move_to(timezone.now() + timedelta(days=3))

    assert reader.get(address, headers={"if-none-match": tag}).status_code == 304


def test_a_feed_that_has_changed_is_sent(quoted, reader):
    tag = reader.get(FEED)["ETag"]
    quoted[1].let_quote(False)

    assert reader.get(FEED, headers={"if-none-match": tag}).status_code == 200


def test_the_feeds_are_there_before_the_first_letter(reader, publication):
    assert rss_items(reader) == json_items(reader) == []


def test_the_pages_of_the_archive_name_their_feeds(letter_to, reader):
    issue = letter_to("fern")

    for address in ("/newsletter/issues/", issue.get_absolute_url()):
        page = reader.get(address).content.decode()
        assert f'type="application/rss+xml" title="Feed of letters" href="{FEED}"' in page
        assert f'type="application/feed+json" title="Feed of letters" href="{JSON_FEED}"' in page


def test_news_on_a_story_has_no_page_of_its_own_and_is_not_listed(letter_to, reader):
    issue = letter_to("fern")
    Edition.objects.filter(pk=issue.edition_id).update(kind=Edition.Kind.STORY)

    assert reader.get(issue.get_absolute_url()).status_code == 404
    assert issue.public_id not in reader.get("/newsletter/issues/").content.decode()
    assert rss_items(reader) == json_items(reader) == []


def test_the_feeds_hold_the_twenty_newest(weekly, post, reader):
    for number in range(23):
        period = timezone.now() - timedelta(days=7 * number)
        Issue.objects.record_sent(weekly, [], period, public_id=f"{number:016}")

    ids = [item["id"].rstrip("/")[-16:] for item in json_items(reader)]

    assert ids == [f"{number:016}" for number in range(20)]


@pytest.mark.parametrize("address", ["/newsletter/issues/", FEED, JSON_FEED])
def test_the_archive_only_reads(letter_to, reader, address):
    letter_to("fern")

    assert reader.post(address).status_code == 405
    assert reader.head(address).status_code == 200


def test_questions_lead_to_their_places_in_new_letters_and_old_ones(letter_to, reader, post):
    issue, second = letter_to("fern"), post.questions.all()[1]
    now = reader.get(issue.get_absolute_url()).content.decode()
    for block in issue.words["blocks"]:
        block["questions"] = [question["text"] for question in block["questions"]]
    issue.save()
    before = reader.get(issue.get_absolute_url()).content.decode()

    assert f'href="{post.get_absolute_url()}#{second.anchor}">{second}</a>' in now
    assert f'href="{post.get_absolute_url()}#q2">{second}</a>' in before
