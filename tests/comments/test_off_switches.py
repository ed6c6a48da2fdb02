"""Each kind of mail has its own way out: one press, no password, nothing else stops."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments import emails
from comments.models import Notice, Watch, Writer
from comments.models.writers import SWITCHES
from comments.views import letters
from newsletter.models import Subscriber


@pytest.fixture
def mails(known, hold, sara, post, commit, time_machine, mailoutbox):
    """One of each kind to fern, by its kind."""
    fern = known("fern")
    Watch.objects.begin(fern.subscriber, post)
    with commit():
        first = hold("First.", writer=fern)
        fern.acknowledge()
    first.publish(by=sara)
    hold("Same here.", parent=first).publish(by=sara)
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    Notice.objects.tell_watchers()
    Notice.objects.all().deliver_due()
    found = {}
    for mail in mailoutbox:
        found[re.search("/stop/([a-z]+)/", mail.extra_headers["List-Unsubscribe"])[1]] = mail
    return found


def way_out(mail):
    [link] = re.findall(
        rf"^<{re.escape(settings.SITE_URL)}(/\S+)>$", mail.extra_headers["List-Unsubscribe"]
    )
    return link


def are_on():
    writer = Writer.objects.get(proved_at__isnull=False)
    on = {kind for kind in SWITCHES if getattr(writer, f"tell_{kind}")}
    return on | ({"thread"} if Watch.objects.going_on().exists() else set())


def test_there_is_a_mail_of_each_kind(mails):
    assert set(mails) == {*SWITCHES, "thread"} == are_on()


@pytest.mark.parametrize("kind", [*SWITCHES, "thread"])
def test_the_mail_programs_button_stops_just_that_kind(mails, kind):
    mail = mails[kind]
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    answer = Client().post(way_out(mail), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert are_on() == {*SWITCHES, "thread"} - {kind}


@pytest.mark.parametrize("kind", [*SWITCHES, "thread"])
def test_opening_the_link_stops_nothing_and_shows_a_button(mails, kind):
    for _ in range(3):
        answer = Client(headers={"Sec-Purpose": "prefetch"}).get(way_out(mails[kind]))
        Client().head(way_out(mails[kind]))

    assert "Stop these mails" in answer.text
    assert are_on() == {*SWITCHES, "thread"}


@pytest.mark.parametrize("kind", [*SWITCHES, "thread"])
def test_the_foot_of_the_mail_has_the_same_link(mails, kind):
    html = next(body for body, kind in mails[kind].alternatives)

    assert settings.SITE_URL + way_out(mails[kind]) in mails[kind].body
    assert f'href="{settings.SITE_URL}{way_out(mails[kind])}"' in html


def test_pressed_twice_and_with_broken_words_it_is_stopped(mails):
    for _ in range(2):
        answer = Client().post(
            way_out(mails["answered"]), b"\xff\xfe", content_type="multipart/form-data"
        )
        assert answer.status_code == 200

    assert "answered" not in are_on()


def test_a_link_for_one_kind_stops_no_other(mails):
    token = way_out(mails["answered"]).split("/")[-2]
    for kind in ("published", "received", "thread", "everything", "pk"):
        address = reverse("comments:stop", args=[kind, token])
        assert Client().post(address).status_code == 404

    assert are_on() == {*SWITCHES, "thread"}


def test_when_nothing_is_left_on_they_are_not_written_to_any_more(mails):
    for mail in mails.values():
        assert Subscriber.objects.get().gets_notices
        Client().post(way_out(mail))

    assert Subscriber.objects.get().status == "unsubscribed"


def test_who_gets_letters_keeps_them(mails):
    Subscriber.objects.get().confirm()
    for mail in mails.values():
        Client().post(way_out(mail))

    person = Subscriber.objects.get()
    assert person.gets_letters and not person.gets_notices


def test_it_works_after_the_person_is_erased(mails):
    Subscriber.objects.get().erase()
    for mail in mails.values():
        answer = Client().post(way_out(mail))
        assert "You get no more mails of this kind" in answer.text


def test_it_works_by_the_link_of_a_row_that_became_another(known):
    fern, second = known("fern"), Writer.objects.create()
    url = emails._stop_url("answered", second)
    token = re.search("/stop/answered/([^/]+)/", url)[1]
    second.become(fern)
    Client().post(reverse("comments:stop", args=["answered", token]))

    fern.refresh_from_db()
    assert fern.tell_answered is False


# The private page ---------------------------------------------------------------------------------


@pytest.fixture
def press(rf):
    """A press on the private page's switches."""

    def send(writer, step, kind, **doubt):
        request = rf.post("/", {"step": step, "mails": kind})
        request.doubt, request.retry_after = doubt.get("doubt", ""), None
        return letters.switch(request, writer)

    return send


def test_the_private_page_turns_each_kind_off_and_on(known, press):
    fern = known("fern")
    for kind in SWITCHES:
        assert press(fern, "do-not-tell", kind).status_code == 303
        assert kind not in are_on()
        press(fern, "tell", kind)
        assert kind in are_on()


def test_another_button_or_another_site_switches_nothing(known, press):
    fern = known("fern")

    assert press(fern, "remove", "answered") is None
    assert press(fern, "do-not-tell", "is_trusted") is None
    assert press(fern, "do-not-tell", "answered", doubt="cross-site") is None
    assert "answered" in are_on()


def test_turned_on_after_all_was_stopped_only_that_kind_begins(known, press, post):
    fern = known("fern")
    Watch.objects.begin(fern.subscriber, post)
    fern.subscriber.unsubscribe()
    press(Writer.objects.get(), "tell", "answered")

    assert Subscriber.objects.get().gets_notices
    assert are_on() == {"answered"}


def test_without_a_proved_address_there_is_nothing_to_turn_on(hold, press):
    writer = hold().writer
    writer.give_address("fern@example.com")
    press(writer, "tell", "answered")

    assert Subscriber.objects.get().status == "pending"


# What the newsletter's own pages say and do -------------------------------------------------------


def test_stopping_letters_leaves_mails_about_replies(known, reader):
    person = known("fern").subscriber
    person.confirm()
    link = reverse("newsletter:unsubscribe", args=[person.unsubscribe_token])
    answer = reader.post(link)
    assert "Mails about your replies go on." in answer.text
    assert Subscriber.objects.get().gets_notices

    reader.post(link, {"notices": "stop"})

    assert Subscriber.objects.get().status == "unsubscribed"


def test_their_own_page_says_that_they_are_on_and_stops_them(known, reader):
    person = known("fern").subscriber
    page = reverse("newsletter:manage", args=[person.manage_token])
    assert "Mails about your replies: on." in reader.get(page).text

    reader.post(page, {"stop": "notices"})

    assert not Subscriber.objects.get().gets_notices


def test_who_stopped_by_mistake_has_them_back_with_one_press(known, reader):
    person = known("fern").subscriber
    page = reverse("newsletter:manage", args=[person.manage_token])
    answer = reader.post(page, {"stop": "notices"})
    reader.post(page, {"again": answer["Location"].rpartition("=")[2]})

    assert Subscriber.objects.get().gets_notices


def test_who_stopped_all_and_signs_up_for_letters_gets_letters_only(known):
    person = known("fern").subscriber
    person.unsubscribe()
    person.confirm()

    assert person.gets_letters
    assert not person.gets_notices


def test_saving_their_page_begins_no_letters_for_who_gets_none(known, reader, stamp):
    person = known("fern").subscriber
    page = reverse("newsletter:manage", args=[person.manage_token])
    assert "Only mails about replies." in reader.get(page).text
    reader.post(page, {"save": "1", "frequency": "none", "topics": "all", "subject": "discreet"})

    person.refresh_from_db()
    assert person.quiet and person.gets_notices and not person.gets_letters


# What the private page shows ----------------------------------------------------------------------


def shown(writer):
    html = render_to_string("comments/_switches.html", {"writer": writer})
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()), BeautifulSoup(html, "html.parser")


def test_each_switch_says_how_it_stands_and_has_a_button_of_its_own(known):
    fern = known("fern")
    fern.stop_telling("published")
    words, page = shown(fern)

    assert "When a reply has arrived: on" in words and "When it is on the page: off" in words
    steps = [(form.input["value"], form.button["value"]) for form in page.find_all("form")]
    assert steps == [
        ("received", "do-not-tell"),
        ("published", "tell"),
        ("answered", "do-not-tell"),
    ]
    assert len({button.get_text() for button in page.find_all("button")}) == 3


def test_after_everything_was_stopped_all_switches_say_so(known):
    fern = known("fern")
    fern.subscriber.unsubscribe()

    assert shown(Writer.objects.get())[0].count(": off") == 3


def test_an_address_that_waits_for_its_press_and_none_at_all_are_told_apart(hold):
    writer = hold().writer
    assert "We have no address of yours" in shown(writer)[0]

    writer.give_address("fern@example.com")
    assert "Press the button in that mail" in shown(writer)[0]
    assert "fern@" not in shown(writer)[0]
