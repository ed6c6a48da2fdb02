"""How fast one person may reply, and how many may from one address: asked to rest, never lost."""

import time

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client

from blog.forms import StampInput
from comments.models import Comment, Writer
from comments.pace import FROM_ONE_ADDRESS, OWN, Pace


def alert(response):
    return BeautifulSoup(response.content, "html.parser").find(role="alert")


@pytest.fixture(autouse=True)
def _at_ten(time_machine):
    time_machine.move_to("2026-11-23 10:04:00+00:00", tick=False)


@pytest.fixture
def rested(time_machine):
    """A form's stamp that is old enough for a person."""
    stamp = StampInput().format_value(None)
    time_machine.shift(5)
    return stamp


def test_the_sixth_reply_within_ten_minutes_is_asked_to_rest(send):
    answers = [send(text=f"Answer {number}").status_code for number in range(OWN + 1)]

    assert answers == [303] * OWN + [429]
    assert Comment.objects.count() == OWN


def test_the_words_stay_and_the_time_is_said_in_words_and_for_machines(send):
    for number in range(OWN):
        send(text=f"Answer {number}")

    response = send(text="One more.", email="tern@example.com")

    page = BeautifulSoup(response.content, "html.parser")
    assert "Please wait 6 minutes, then press the button again." in alert(response).get_text()
    assert page.find("textarea").get_text().strip() == "One more."
    assert page.find(id="email")["value"] == "tern@example.com"
    assert response["Retry-After"] == "360"


def test_after_the_rest_the_same_words_are_taken(send, time_machine):
    for number in range(OWN):
        send(text=f"Answer {number}")
    time_machine.shift(360)

    assert send(text="One more.").status_code == 303


def test_pressing_twice_counts_once(send):
    for number in range(OWN - 1):
        send(text=f"Answer {number}")
        send(text=f"Answer {number}")

    assert send(text="One more.").status_code == 303


def test_pressing_twice_on_the_last_one_leads_to_the_thank_you_page(send):
    for number in range(OWN):
        send(text=f"Answer {number}")

    assert send(text=f"Answer {OWN - 1}").status_code == 303


def test_reading_it_through_counts_for_nothing(send):
    for number in range(2 * OWN):
        send(text=f"Answer {number}", step="check")

    assert send().status_code == 303


def test_a_gentle_word_counts_for_nothing(send):
    for number in range(2 * OWN):
        send(text=f"Call me, {number}: 020 7946 0018")

    assert send().status_code == 303


def test_a_neighbour_with_another_name_goes_on(send):
    for number in range(OWN):
        send(text=f"Answer {number}")

    assert send(name="Bram").status_code == 303
    assert send(name="M A R I G O L D").status_code == 429


def test_whom_the_device_knows_is_counted_whatever_the_name(send):
    send(known="on")
    for number in range(OWN):
        send(text=f"Answer {number}", name=f"Name {number}")

    assert send(name="Another").status_code == 429
    assert Writer.objects.count() == 1


def test_whom_it_knows_is_not_held_up_by_a_namesake(send, reader):
    for number in range(OWN):
        send(Client(headers={"Sec-Fetch-Site": "same-origin"}), text=f"Answer {number}")
    send(name="Bram", known="on")

    assert send(text="Peas.").status_code == 303


def test_thirty_patients_behind_one_address_all_reply_within_the_hour(send, rested, time_machine):
    answers = []
    for number in range(30):
        person = Client(headers={"Sec-Fetch-Site": "same-origin"})
        said = {"name": f"Patient {number}", "text": f"What I know, {number}.", "stamp": rested}
        send(person, step="check", **said)
        answers.append(send(person, step="send", **said).status_code)
        time_machine.shift(100)

    assert answers == [303] * 30
    assert Comment.objects.count() == 30
    assert not any("many from here" in str(comment.signals) for comment in Comment.objects.all())


def test_even_all_at_once(send, rested):
    for number in range(30):
        person = Client(headers={"Sec-Fetch-Site": "same-origin"})
        send(person, name=f"Patient {number}", text=f"What I know, {number}.", stamp=rested)

    assert Comment.objects.count() == 30


def test_beyond_sixty_from_one_address_they_are_held_and_none_is_refused(send, post, rested):
    post.replies_mode = "open"
    post.save()
    for number in range(FROM_ONE_ADDRESS + 2):
        said = {"name": f"Patient {number}", "text": f"What I know, {number}.", "stamp": rested}
        assert send(**said).status_code == 303

    held = Comment.objects.waiting()
    assert Comment.objects.count() == FROM_ONE_ADDRESS + 2
    assert {c.name for c in held} == {"Patient 60", "Patient 61"}
    assert all("many from here" in [s.rule for s in c.noticed] for c in held)


def test_in_a_crowd_nobody_is_refused(send, rested):
    cache.set(f"crowd:comments:reply:{int(time.time()) // 60}", 100_000, 60)

    assert send(stamp=rested).status_code == 303
    assert Comment.objects.exists()


def test_no_name_and_no_address_is_remembered_in_the_cache():
    pace = Pace("a-hash", "Marigold Meadow", None)

    pace.take(cache.count)

    assert "arigold" not in f"{pace._own} {pace._all}"
    assert cache.get(pace._own) == 1


def test_a_cache_that_has_lost_everything_refuses_nobody(send):
    for number in range(OWN):
        send(text=f"Answer {number}")
    cache.clear()

    assert send(text="One more.").status_code == 303
