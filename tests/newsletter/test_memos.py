"""Short mails about one's own letters: plain, whole without pictures, one button, and wanted."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from config import status
from newsletter.models import Confirmation, Memo, Subscriber, Suppression
from newsletter.tasks import tick

SITE = "https://slow-signal.example"
KINDS = ["welcome", "already-in", "reminder", "back", "link", "old-address", "new-address"]
TO_READERS = ["welcome", "already-in", "back"]
SUBJECTS = {
    "welcome": "Welcome to Slow Signal",
    "already-in": "Slow Signal: you are signed up already",
    "reminder": "Please confirm: Slow Signal by e-mail",
    "back": "Welcome back to Slow Signal",
    "link": "Your link to Slow Signal",
    "old-address": "Slow Signal writes to another address now",
    "new-address": "Please confirm this address: Slow Signal",
}


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_URL = SITE
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def memo(subscribe):
    """A memo of this kind that is wanted: memo("back")."""

    def write(kind, **facts):
        if kind == "reminder":
            person = Subscriber.objects.create(email="tern@example.com")
            facts["confirmation"] = Confirmation.objects.create(subscriber=person)
        else:
            person = subscribe("marigold")
        if kind in {"old-address", "new-address"}:
            facts["to_address"] = "other@example.com"
        return Memo.objects.create(subscriber=person, kind=kind, **facts)

    return write


@pytest.fixture
def sent(memo, mailoutbox):
    def send(kind, **facts):
        assert memo(kind, **facts).deliver()
        return mailoutbox[-1]

    return send


def parsed(message):
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)


def html_of(message):
    return parsed(message).get_body(("html",)).get_content()


def words_of(html):
    return re.sub(r"<head.*?</head>|<[^>]+>", " ", html, flags=re.S)


def links(message):
    return re.findall(r'href="([^"]+)"', html_of(message))


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_called_what_it_is_and_is_short(sent, kind):
    message = sent(kind)

    assert message.subject == SUBJECTS[kind]
    assert len(message.body.split()) <= 80
    assert len(words_of(html_of(message)).split()) <= 80


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_part_has_all_the_links_each_on_its_own_line_of_72(sent, kind):
    message = sent(kind)
    lines = message.body.splitlines()

    assert all(len(line) <= 72 or line.startswith("https://") for line in lines)
    assert {line for line in lines if "://" in line} == set(links(message))


@pytest.mark.parametrize("kind", KINDS)
def test_one_button_of_48_px_whose_address_is_printed(sent, kind):
    html = html_of(sent(kind))
    [button] = re.findall(r'<a class="button" href="([^"]+)" style="([^"]+)"', html)

    assert int(re.search(r"min-height: (\d+)px", button[1])[1]) >= 48
    assert f">{button[0]}<" in html


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_and_every_link_is_our_own_without_a_query(sent, kind):
    message = sent(kind)

    assert not re.search(r"<img|<link|<script|url\(|@import|src=", html_of(message))
    assert all(re.fullmatch(rf"{SITE}/[^?]*", link) for link in links(message))


@pytest.mark.parametrize("kind", KINDS)
def test_each_reads_well_in_the_dark_and_aloud(sent, kind):
    html = html_of(sent(kind))

    assert '<html lang="en">' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert html.count("<h1") == 1
    assert min(map(int, re.findall(r"font-size: (\d\d+)px", html))) >= 18


@pytest.mark.parametrize("kind", KINDS)
def test_the_headers_say_that_a_machine_wrote_it_and_it_is_no_list_mail(sent, kind):
    headers = parsed(sent(kind))

    assert re.fullmatch(r"<m\.\d+\.\w{16}@slow-signal\.example>", headers["Message-ID"])
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_it_names_an_illness_before_it_is_opened(sent, publication, kind):
    publication.from_name = "Sara, who has MS"
    publication.save()
    message = sent(kind)

    assert parsed(message)["From"].startswith("Slow Signal <")
    assert "MS" not in message.subject + words_of(html_of(message))


@pytest.mark.parametrize("kind", TO_READERS)
def test_who_gets_letters_can_change_pause_and_stop_by_it(sent, kind, client):
    message = sent(kind)
    person = Subscriber.objects.get()

    own = f"{SITE}/newsletter/manage/{person.manage_token}/"
    stop = f"{SITE}/newsletter/unsubscribe/{person.unsubscribe_token}/"
    assert {own, f"{own}#pause", stop} <= set(links(message))
    assert client.get(own).status_code == 200


def test_tried_again_it_is_the_same_mail_with_the_same_link(memo, time_machine):
    one = memo("link")
    one._claim()
    first = one.message()
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    second = Memo.objects.get().message()

    for name in ("Message-ID", "Date"):
        assert first.extra_headers[name] == second.extra_headers[name]
    assert first.body == second.body


def test_a_link_mailed_after_the_sites_key_changed_works(memo, settings, reader):
    one = memo("link")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, which nobody could have guessed either, and it is long"
    one.deliver()

    assert reader.get(f"/newsletter/manage/{Memo.objects.get().secret}/").status_code == 200


# When it leaves ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_to_a_suppressed_address(memo, kind, mailoutbox):
    one = memo(kind)
    Suppression.objects.add_address(one.to, "bounce")
    one.deliver()

    assert (Memo.objects.get().reason, mailoutbox) == ("suppressed", [])


@pytest.mark.parametrize("kind", ["welcome", "already-in", "back", "new-address"])
def test_who_left_meanwhile_hears_no_more(memo, kind, mailoutbox):
    one = memo(kind)
    one.subscriber.unsubscribe()
    one.deliver()

    assert (Memo.objects.get().reason, mailoutbox) == ("unsubscribed", [])


def test_nobody_is_reminded_who_has_said_yes(memo, mailoutbox):
    one = memo("reminder")
    one.confirmation.confirm()
    one.deliver()

    assert Memo.objects.get(kind="reminder").status == "skipped"
    assert mailoutbox == []


def test_the_reminder_brings_the_same_link_once_more(sent):
    message = sent("reminder")

    assert f"{SITE}/newsletter/confirm/{Confirmation.objects.get().token}/" in message.body


def test_confirming_letters_is_welcomed_once(publication, commit, mailoutbox):
    person = Subscriber.objects.create(email="tern@example.com")
    confirmation = Confirmation.objects.create(subscriber=person)
    with commit():
        confirmation.confirm()
        confirmation.confirm()

    assert [mail.subject for mail in mailoutbox] == ["Welcome to Slow Signal"]
    assert "You get one letter a week, on Sunday morning." in mailoutbox[0].body


def test_confirming_a_story_alone_is_no_welcome_to_letters(post, commit, mailoutbox):
    person = Subscriber.objects.create(email="tern@example.com")
    with commit():
        Confirmation.objects.create(subscriber=person, letters=False, story=post).confirm()

    assert mailoutbox == []


def test_beat_sends_what_no_ring_was_heard_for(memo, mailoutbox):
    memo("welcome")
    tick()

    assert len(mailoutbox) == 1


def test_a_memo_that_waits_is_counted_among_the_mail(memo):
    memo("welcome")

    assert "One mail is waiting to be sent." in status.mail().words


def test_no_memo_but_a_wish_for_a_link_is_nobodys(publication, db):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Memo.objects.create(kind="welcome")
