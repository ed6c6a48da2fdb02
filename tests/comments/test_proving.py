"""An address is theirs once its mail's button was pressed; then we know who writes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comments import proving, screening
from comments.models import Comment, Receipt, Writer
from newsletter.models import Consent, Subscriber
from tests.person import Person

PRESSES = [{}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "Mozilla/5.0 (scanner)"}]


@pytest.fixture
def asked(hold):
    """Somebody new has given this address: asked("fern@example.com")."""

    def make(email="fern@example.com", **facts):
        writer = hold(**facts).writer
        writer.give_address(email)
        return writer.receipts.get(subscriber__email=email)

    return make


@pytest.fixture
def trusted(known, hold, sara):
    """Somebody known with two replies on the page."""

    def make(name="fern"):
        writer = known(name)
        for number in range(2):
            hold(f"Reply {number} of {name}.", writer=writer).publish(by=sara)
        return writer

    return make


def page(receipt):
    return reverse("comments:prove", args=[receipt.token])


def test_the_button_proves_it_and_leads_to_their_replies(asked):
    receipt = asked()
    person = Person().open(page(receipt))
    assert person.heading == "One press to go"

    person.press("Yes, it was me")

    writer = Writer.objects.get()
    assert writer.is_proved and writer.subscriber.gets_notices
    assert person.url == page(receipt) or person.sees("A wet scarf.")


def test_opening_the_link_proves_nothing_however_often(asked):
    receipt = asked()
    for headers in PRESSES * 4:
        browser = Client(headers=headers)
        browser.get(page(receipt))
        browser.head(page(receipt))

    assert not Writer.objects.get().is_proved
    assert Subscriber.objects.get().status == "pending"


def test_it_begins_no_letters(asked):
    asked().prove()

    assert not Subscriber.objects.get().gets_letters


def test_what_they_agreed_to_is_written_down(asked, reader):
    receipt = asked()
    reader.post(page(receipt))

    consent = Consent.objects.get()
    assert (consent.what, consent.page) == ("replies", "reply")
    assert consent.given_at == receipt.created_at < consent.confirmed_at


def test_pressed_twice_it_is_proved_once(asked, reader):
    receipt = asked()
    reader.post(page(receipt))
    answer = reader.post(page(receipt))

    assert Consent.objects.count() == 1
    assert "Your address is confirmed" in answer.text


def test_a_used_link_shows_nobody_the_way_to_the_replies(asked, reader):
    receipt = asked()
    reader.post(page(receipt))

    assert receipt.writer.public_id not in Client().get(page(receipt)).text


def test_a_press_from_another_site_proves_nothing(asked):
    receipt = asked()
    answer = Client(headers={"Sec-Fetch-Site": "cross-site"}).post(page(receipt))

    assert answer.status_code == 403
    assert not Writer.objects.get().is_proved


def test_a_link_with_one_wrong_letter_is_nobodys(asked, reader):
    token = asked().token
    for place in range(0, len(token), 3):
        wrong = token[:place] + ("2" if token[place] != "2" else "3") + token[place + 1 :]
        assert reader.get(reverse("comments:prove", args=[wrong])).status_code == 404


def test_a_link_of_another_purpose_proves_nothing(asked, reader):
    receipt = asked()

    mine = receipt.writer.token.replace("-", "")
    assert reader.post(reverse("comments:prove", args=[mine])).status_code == 404
    assert reader.get(f"/newsletter/confirm/{receipt.token}/").status_code == 404


def test_after_thirty_days_it_has_rested_too_long(asked, reader, time_machine):
    receipt = asked()
    time_machine.move_to(timezone.now() + timedelta(days=29, hours=23))
    assert reader.get(page(receipt)).status_code == 200

    time_machine.move_to(timezone.now() + timedelta(hours=2))
    answer = reader.post(page(receipt))

    assert answer.status_code == 410
    assert not Writer.objects.get().is_proved


def test_who_stopped_all_mail_since_is_not_begun_again(asked, reader):
    receipt = asked()
    Subscriber.objects.get().unsubscribe()
    answer = reader.post(page(receipt))

    assert "You stopped our mail" in answer.text
    assert not Subscriber.objects.get().is_in


def test_a_second_device_of_a_known_person_is_found_to_be_them(trusted, asked, reader):
    fern = trusted()
    receipt = asked(body="From the other device.")
    stranger = receipt.writer
    reader.post(page(receipt))

    stranger.refresh_from_db()
    assert stranger.same_as == fern
    assert fern.comments.count() == 3
    assert Writer.objects.filter(proved_at__isnull=False).get() == fern


def test_replies_of_all_their_devices_stand_on_the_one_page(trusted, asked, reader):
    fern = trusted()
    for number in range(3):
        receipt = asked(body=f"From device {number}.")
        reader.post(page(receipt))

    assert fern.comments.count() == 5
    assert set(Writer.objects.exclude(pk=fern.pk).values_list("same_as", flat=True)) == {fern.pk}


def test_what_waited_only_because_nobody_knew_them_goes_up(trusted, asked, reader):
    trusted()
    receipt = asked(body="From the other device.")
    reader.post(page(receipt))

    comment = Comment.objects.get(body="From the other device.")
    assert comment.is_published
    assert comment.decisions.get().actor == "rules"


def test_what_stood_out_goes_on_waiting_among_known_people(trusted, asked, reader):
    from comments.signals import Signal

    trusted()
    signals = [Signal("honeypot", 1)]
    reader.post(page(asked(body="From the other device.", signals=signals)))

    comment = Comment.objects.get(body="From the other device.")
    assert (comment.status, comment.lane) == ("pending", "known")


def test_what_staff_decided_stays_decided(trusted, asked, reader, sara):
    trusted()
    receipt = asked(body="From the other device.")
    comment = Comment.objects.get(body="From the other device.")
    comment.reject(by=sara)
    comment.hold_again(by=sara)
    reader.post(page(receipt))

    comment.refresh_from_db()
    assert comment.status == "pending"


def test_a_first_reply_goes_on_waiting(asked, reader):
    reader.post(page(asked()))

    assert Comment.objects.get().is_waiting


def test_two_people_who_typed_one_address_stay_two_until_each_is_proved(asked):
    one, two = asked(body="One."), asked(body="Two.")
    one.prove()

    assert Writer.objects.get(pk=two.writer.pk).is_proved is False
    assert list(one.writer.comments.values_list("body", flat=True)) == ["One."]


def test_who_proves_a_second_address_of_their_own_moves_there(known, hold):
    fern = known("fern")
    fern.give_address("second@example.com")
    Receipt.objects.get().prove()

    fern.refresh_from_db()
    assert fern.subscriber.email == "second@example.com"
    assert not Subscriber.objects.get(email="fern@example.com").gets_notices


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_proved_once(asked, at_once):
    receipt = asked()

    def press():
        proving.prove(Receipt.objects.get(pk=receipt.pk))

    at_once(press, press)

    assert Consent.objects.count() == 1
    assert Writer.objects.get().is_proved


@pytest.mark.django_db(transaction=True)
def test_two_rows_of_one_person_proved_at_once_become_one(asked, at_once):
    receipts = [asked(body=f"Reply {number}.") for number in range(2)]
    at_once(*(lambda r=r: proving.prove(Receipt.objects.get(pk=r.pk)) for r in receipts))

    proved = Writer.objects.get(proved_at__isnull=False)
    assert proved.comments.count() == 2
    assert {Writer.objects.get(pk=r.writer.pk).same_as or proved for r in receipts} == {proved}


def test_what_was_noticed_of_the_moment_goes_on_holding_it(trusted, asked, reader):
    from comments.signals import Signal

    trusted()
    reader.post(page(asked(body="In a crowd.", signals=[Signal("a rule of the moment", 1)])))

    assert Comment.objects.get(body="In a crowd.").is_waiting


def test_a_row_that_became_another_follows_it_when_that_becomes_a_third(known, hold):
    fern, bram, first = known("fern"), known("bram"), Writer.objects.create()
    first.become(bram)
    bram.refresh_from_db()
    bram.give_address("fern@example.com")
    Receipt.objects.get().prove()

    assert Writer.objects.get(pk=first.pk).same_as == fern
    assert not Subscriber.objects.get(email="bram@example.com").gets_notices


@pytest.mark.parametrize("meanwhile", ["rejected", "changed"])
def test_what_is_decided_or_changed_while_it_is_judged_does_not_go_up(
    trusted, asked, sara, monkeypatch, meanwhile
):
    trusted()
    receipt = asked(body="From the other device.")
    judge = screening.judge

    def judge_slowly(draft):
        comment = Comment.objects.get(body__startswith="From")
        if meanwhile == "rejected" and comment.is_waiting:
            comment.reject(by=sara)
        elif comment.revision == 1 and comment.is_waiting:
            comment.change("From somewhere else.", "Marigold", screening.Verdict(False))
        return judge(draft)

    monkeypatch.setattr(screening, "judge", judge_slowly)
    proving.prove(receipt)

    assert not Comment.objects.get(body__startswith="From").is_published


@pytest.mark.django_db(transaction=True)
def test_a_rule_that_breaks_in_the_database_spoils_no_proof(trusted, asked, reader, monkeypatch):
    from django.db import connection

    from comments.screening import company

    def broken(*facts):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    trusted()
    receipt = asked(body="From the other device.")
    monkeypatch.setattr(company, "repeats", broken)
    reader.post(page(receipt))

    receipt.refresh_from_db()
    assert receipt.used_at
    assert Comment.objects.get(body="From the other device.").is_waiting


@pytest.mark.parametrize("verb", ["keep_private", "reject", "change"])
def test_what_happens_while_the_rules_look_holds(trusted, asked, reader, monkeypatch, sara, verb):
    from comments import proving

    trusted()
    receipt = asked(body="From the other device.")
    waiting = Comment.objects.get(body="From the other device.")
    verdict = proving._may_go_up

    def meanwhile(comment, writer):
        row = Comment.objects.get(pk=comment.pk)
        if verb == "change":
            row.say(name="Fern", body="Call me on 0470 12 34 56.", noticed=[])
        else:
            getattr(row, verb)(by=sara)
        return verdict(comment, writer)

    monkeypatch.setattr(proving, "_may_go_up", meanwhile)
    reader.post(page(receipt))

    waiting.refresh_from_db()
    assert not waiting.is_published
