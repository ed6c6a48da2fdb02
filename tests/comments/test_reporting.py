"""Readers report a reply: with a reason, without an account. Three in a day ask for a look."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.models import Alert, Comment, Decision, Report
from comments.tasks import forget
from tests.person import Person

pytestmark = pytest.mark.django_db
AT_NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)


@pytest.fixture
def at(show):
    return reverse("comments:report", args=[show().public_id])


@pytest.fixture
def reply(at):
    return Comment.objects.get()


@pytest.fixture
def report(reader, at, stamp):
    """Press *Report it* from this network address."""

    def press(number=1, reason="unkind", address=at, **typed):
        from_there = {"X-Forwarded-For": f"192.0.2.{number}"}
        return reader.post(address, {"reason": reason, "stamp": stamp} | typed, headers=from_there)

    return press


def take(reply, client, reason="unkind"):
    return Report.objects.take(reply, reason=reason, client=client)


def test_a_person_chooses_a_reason_and_is_thanked(at, reply):
    person = Person().open(at)
    assert person.sees("A wet scarf.")

    person.tick("It sells something").press("Report it")

    assert person.heading == "Thank you for telling us"
    assert Report.objects.get().reason == "sells"


def test_looking_at_the_page_reports_nothing(reader, at):
    assert reader.get(at).status_code == 200
    assert not Report.objects.exists()


def test_no_cookie_is_set_and_search_engines_stay_away(reader, at, report):
    assert b'content="noindex"' in reader.get(at).content
    report()
    assert not reader.cookies


def test_without_a_reason_it_is_asked_for(report):
    page = report(reason="")

    assert page.status_code == 400
    assert "Please choose what is wrong with it." in page.content.decode()


def test_a_post_from_elsewhere_is_asked_once_more_with_the_choice_kept(reader, at, stamp):
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    page = reader.post(at, {"reason": "harm", "stamp": stamp}, headers=elsewhere)

    assert page.status_code == 403
    assert 'value="harm" checked' in page.content.decode()
    assert not Report.objects.exists()


def test_too_many_reports_wait_with_the_choice_kept(report):
    pages = [report(reason="harm") for _n in range(21)]

    assert pages[-1].status_code == 429
    assert 'value="harm" checked' in pages[-1].content.decode()


def test_the_same_client_counts_once(report):
    report(reason="harm")
    assert report(reason="sells").status_code == 303

    assert Report.objects.get().reason == "harm"


def test_what_a_machine_fills_in_counts_nothing(report):
    assert report(website="https://spam.example").status_code == 303
    assert not Report.objects.exists()


def test_three_clients_in_a_day_hold_it_and_delete_nothing(report, reply, time_machine):
    time_machine.move_to(AT_NOON)
    for number in (1, 2):
        take(reply, f"client {number}")
    reply.refresh_from_db()
    assert reply.is_published

    take(reply, "client 3")

    reply.refresh_from_db()
    assert (reply.status, reply.lane, reply.body) == ("pending", "reported", "A wet scarf.")
    assert reply.decisions.first().actor == Comment.Actor.READERS


def test_reports_of_two_days_are_not_added_up(reply, time_machine):
    time_machine.move_to(AT_NOON)
    take(reply, "one")
    take(reply, "two")
    time_machine.move_to(AT_NOON.replace(day=12))

    take(reply, "three")

    reply.refresh_from_db()
    assert reply.is_published


def test_the_reader_whose_report_holds_it_is_thanked_too(report):
    pages = [report(number) for number in (1, 2, 3)]

    person = Person().open(pages[-1].url)

    assert person.heading == "Thank you for telling us"


def test_once_kept_the_same_words_are_not_held_again(reply, sara):
    for number in range(3):
        take(reply, f"client {number}")
    reply.refresh_from_db()
    assert reply.publish(by=sara)

    for number in range(3, 9):
        take(reply, f"client {number}")

    reply.refresh_from_db()
    assert reply.is_published and reply.reports.count() == 9


def test_kept_after_a_second_thought_they_stay_too(reply, sara):
    for number in range(3):
        take(reply, f"client {number}")
    reply.refresh_from_db()
    reply.reject(by=sara)
    reply.publish(by=sara)

    for number in range(3, 6):
        take(reply, f"client {number}")

    reply.refresh_from_db()
    assert reply.is_published


def test_other_words_may_be_held_again(reply, sara):
    for number in range(3):
        take(reply, f"client {number}")
    reply.refresh_from_db()
    reply.publish(by=sara)
    Comment.objects.filter(pk=reply.pk).update(revision=2)

    for number in range(3):
        take(reply, f"client {number}")

    reply.refresh_from_db()
    assert reply.is_waiting


def test_reports_about_the_authors_own_words_are_counted_and_take_nothing_down(reply, sara):
    answer = reply.answer(by=sara, body="Thank you.")

    for number in range(4):
        take(answer, f"client {number}")

    answer.refresh_from_db()
    assert answer.is_published and answer.reports.count() == 4


@pytest.mark.parametrize("verb", ["hold_again", "reject", "mark_spam"])
def test_what_nobody_can_read_cannot_be_reported(report, reply, sara, verb):
    getattr(reply, verb)(by=sara)

    page = report()

    assert page.status_code == 404 and b"This reply is not shown" in page.content
    assert not Report.objects.exists()


def test_a_reply_that_never_was_looks_like_one_that_is_held(reader, reply, sara):
    reply.hold_again(by=sara)
    held = reader.get(reverse("comments:report", args=[reply.public_id]))
    never = reader.get(reverse("comments:report", args=["never-was"]))

    assert (never.status_code, never.content) == (held.status_code, held.content)


def test_of_what_was_taken_back_the_page_says_so(reader, at, reply):
    reply.withdraw()

    page = reader.get(at)

    assert page.status_code == 410 and b"Its writer took it back" in page.content


def test_nobody_is_thanked_for_what_was_never_on_the_page(reader, hold):
    page = reader.get(reverse("comments:reported", args=[hold().public_id]))

    assert page.status_code == 404


def test_who_worries_about_the_writer_is_heard_at_once(reply, sara):
    User.objects.update(email="sara@example.com")

    take(reply, "one", reason="worried")

    alert = Alert.objects.get()
    assert (alert.kind, alert.user, alert.comment) == ("care", sara, reply)


def test_the_codes_of_clients_are_wiped_after_a_day(reply, time_machine):
    time_machine.move_to(AT_NOON)
    take(reply, "one")
    time_machine.move_to(AT_NOON.replace(day=12, minute=1))

    forget()

    assert Report.objects.get().client is None


def test_many_reports_without_a_code_may_stand_side_by_side(reply):
    Report.objects.create(comment=reply, revision=1, reason="harm")
    Report.objects.create(comment=reply, revision=1, reason="harm")

    assert Report.objects.count() == 2


def test_the_database_keeps_each_client_to_one(reply):
    take(reply, "one")

    with pytest.raises(IntegrityError):
        Report.objects.create(comment=reply, revision=1, reason="harm", client="one")


def test_they_are_counted_by_reason(reply):
    for client, reason in [("a", "harm"), ("b", "sells"), ("c", "harm")]:
        Report.objects.create(comment=reply, revision=1, reason=reason, client=client)

    assert reply.reports.all().by_reason() == [
        ("It could harm somebody", 2),
        ("It sells something", 1),
    ]


def test_whoever_looked_settles_them(reply):
    take(reply, "one")
    assert Report.objects.unsettled().settle() == 1

    for number in range(5):
        take(reply, f"client {number}")

    reply.refresh_from_db()
    assert reply.is_published and not Report.objects.unsettled().exists()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(clients=st.lists(st.sampled_from("abcde"), max_size=8))
def test_exactly_three_different_clients_hold_it(show, clients):
    reply = show()

    for client in clients:
        take(reply, client)

    reply.refresh_from_db()
    assert reply.is_published == (len(set(clients)) < 3)


@pytest.mark.django_db(transaction=True)
def test_three_at_the_same_moment_hold_it_once(reply, at_once):
    at_once(*(lambda client=client: take(reply, client) for client in ("a", "b", "c")))

    reply.refresh_from_db()
    assert reply.is_waiting and reply.reports.count() == 3
    assert Decision.objects.filter(actor="readers").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_client_twice_at_the_same_moment_counts_once(reply, at_once):
    at_once(*[lambda: take(reply, "a")] * 3)

    assert Report.objects.count() == 1
    assert connection.is_usable()
