"""What was kept long enough goes by itself; what is still needed stays."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.utils import timezone

from newsletter import retention, tokens
from newsletter.models import (
    Confirmation,
    Delivery,
    Follow,
    Look,
    MailEvent,
    Memo,
    Subscriber,
    Suppression,
    Tally,
)
from newsletter.tasks import tick

NEARLY, OVER = timedelta(days=29, hours=23), timedelta(days=30, minutes=5)


@pytest.fixture
def wait(time_machine):
    """Let so much time pass, with one tick at its end."""

    def pass_by(how_long):
        time_machine.move_to(timezone.now() + how_long)
        tick()

    return pass_by


def everything():
    """All that the database says, in one text."""
    models = [model for model in apps.get_models() if model._meta.managed]
    return "".join(serializers.serialize("json", model._base_manager.all()) for model in models)


def test_who_never_confirmed_is_forgotten_after_thirty_days(sign_up, wait):
    sign_up("fern@example.com")
    wait(NEARLY)
    assert Subscriber.objects.exists()

    wait(OVER - NEARLY)
    assert "fern@example.com" not in everything()


def test_who_asks_again_is_kept_from_then(sign_up, wait, time_machine):
    sign_up("fern@example.com")
    time_machine.move_to(timezone.now() + timedelta(days=20))
    sign_up("fern@example.com")

    wait(timedelta(days=20))

    assert Subscriber.objects.get().status == "pending"


def test_the_address_of_who_left_goes_thirty_days_later(subscribe, wait):
    subscribe("fern").unsubscribe()
    wait(NEARLY)
    assert "fern@example.com" in everything()

    wait(OVER - NEARLY)
    assert "fern@example.com" not in everything()


def test_a_hash_of_who_left_keeps_lists_from_bringing_them_back(subscribe, wait):
    subscribe("fern").unsubscribe()
    wait(OVER)

    assert Suppression.objects.refused_to_imports(["fern@example.com"])
    assert not Suppression.objects.cover("fern@example.com")  # they may come back themselves


def test_a_graver_reason_is_not_softened_by_leaving(subscribe, wait):
    someone = subscribe("fern")
    Suppression.objects.add_address(someone.email, "complaint")
    someone.unsubscribe()

    wait(OVER)

    assert Suppression.objects.get().reason == "complaint"


def test_who_left_and_asks_again_is_not_forgotten_meanwhile(subscribe, sign_up, wait, time_machine):
    subscribe("fern").unsubscribe()
    time_machine.move_to(timezone.now() + timedelta(days=29))
    sign_up("fern@example.com")

    wait(timedelta(days=2))

    assert Subscriber.objects.get().status == "unsubscribed"


def test_a_fresh_confirmation_alone_keeps_who_left(subscribe, wait):
    someone = subscribe("fern")
    someone.unsubscribe()
    in_time = timezone.now() + timedelta(days=10)
    Confirmation.objects.create(subscriber=someone, created_at=in_time)

    wait(OVER)

    assert Subscriber.objects.filter(pk=someone.pk).exists()


def test_who_only_follows_a_story_has_not_left(subscribe, post, wait):
    someone = subscribe("fern")
    Follow.objects.begin(someone, post)
    someone.stop_letters()

    wait(timedelta(days=400))

    assert Subscriber.objects.get().email == "fern@example.com"


def test_active_and_paused_people_are_never_forgotten(subscribe, wait):
    subscribe("fern")
    subscribe("moss").pause(until=timezone.localdate() + timedelta(days=5000))

    wait(timedelta(days=3000))

    assert Subscriber.objects.count() == 2


def test_confirmations_and_memos_go_after_thirty_days(subscribe, sign_up, wait):
    someone = subscribe("fern")
    for kind in (Confirmation, Memo):
        kind.objects.create(subscriber=someone, status="skipped")
    wait(NEARLY)
    assert (Confirmation.objects.count(), Memo.objects.count()) == (1, 1)

    wait(OVER - NEARLY)
    assert (Confirmation.objects.count(), Memo.objects.count()) == (0, 0)


def test_a_mail_that_is_still_to_be_sent_is_not_forgotten(subscribe):
    old, later = timezone.now() - timedelta(days=40), timezone.now() + timedelta(days=1)
    Confirmation.objects.create(subscriber=subscribe("fern"), created_at=old, due_at=later)

    tick()

    assert Confirmation.objects.exists()


def test_reports_about_mails_go_after_thirty_days(db, publication, wait):
    now = timezone.now()
    facts = {"provider": "mailgun", "kind": "delivered", "at": now}
    MailEvent.objects.create(**facts, event_id="1", weighed_at=now)
    wait(NEARLY)
    assert MailEvent.objects.exists()

    wait(OVER - NEARLY)
    assert not MailEvent.objects.exists()


def test_looks_are_kept_for_two_years(subscribe, sara, wait):
    Look.objects.note([subscribe("fern")], Look.Page.RECORD, by=sara)
    wait(timedelta(days=729))
    assert Look.objects.exists()

    wait(timedelta(days=2))
    assert not Look.objects.exists()


def test_who_got_an_old_letter_is_forgotten_and_its_numbers_stay(letter_to, wait, mailoutbox):
    issue = letter_to("fern", "moss")
    tick()
    wait(timedelta(days=364))
    assert Delivery.objects.filter(subscriber=None).count() == 0

    wait(timedelta(days=2))
    assert Delivery.objects.filter(subscriber=None).count() == 2
    assert (issue.equation.deliveries, issue.equation.holds) == (2, True)


def test_a_letter_still_to_be_sent_keeps_whom_it_goes_to(letter_to, wait, unrung):
    issue = letter_to("fern")
    issue.pause()

    wait(timedelta(days=400))

    assert issue.deliveries.get().subscriber.email == "fern@example.com"


def test_a_minute_forgets_a_part_and_the_next_ones_the_rest(publication, monkeypatch):
    monkeypatch.setattr(retention.some, "__defaults__", (2,))
    old = timezone.now() - timedelta(days=31)
    for number in range(5):
        Subscriber.objects.create(email=f"{number}@example.com", asked_at=old)

    left = []
    for _minute in range(3):
        tick()
        left.append(Subscriber.objects.count())

    assert left == [3, 1, 0]


def test_a_purge_that_breaks_does_not_keep_the_others(publication, sign_up, wait, monkeypatch):
    def broken(self):
        raise RuntimeError

    monkeypatch.setattr(type(Subscriber.objects), "forget_unconfirmed", broken)
    old = timezone.now() - timedelta(days=31)
    gone = {"status": "unsubscribed", "unsubscribed_at": old, "asked_at": old}
    Subscriber.objects.create(email="moss@example.com", **gone)

    tick()

    assert not Subscriber.objects.exists()


def test_erasing_leaves_no_trace_of_the_address(letter_to, post, sara, sign_up):
    letter_to("fern")
    sign_up("fern@example.com")
    someone = Subscriber.objects.get()
    Follow.objects.begin(someone, post)
    Look.objects.note([someone], Look.Page.RECORD, by=sara)
    Memo.objects.write(someone, Memo.Kind.LINK)

    assert someone.erase()

    assert "fern" not in everything()
    assert Suppression.objects.get().reason == "erased"
    assert Suppression.objects.get().address_hash in tokens.address_hashes("fern@example.com")


def test_a_letter_that_waits_for_somebody_erased_is_left_out(letter_to, mailoutbox, unrung):
    issue = letter_to("fern")
    Subscriber.objects.get().erase()

    Delivery.objects.deliver_due()

    assert mailoutbox == []
    assert issue.deliveries.get().reason == "erased"


def tallied():
    return dict(Tally.objects.values_list("what", "number"))


def test_a_day_counts_who_joined_and_who_left_once(subscribe):
    someone = subscribe("fern")
    someone.confirm()
    someone.unsubscribe()
    someone.unsubscribe()

    assert tallied() == {"joined": 1, "left": 1}


def test_who_never_confirmed_has_neither_joined_nor_left(publication):
    Subscriber.objects.create(email="fern@example.com").unsubscribe()

    assert tallied() == {}


def test_following_a_story_is_not_joining_and_letters_later_are(publication, post):
    someone = Subscriber.objects.create(email="fern@example.com")
    someone.confirm(letters=False)
    Follow.objects.begin(someone, post)
    assert tallied() == {}

    someone.confirm()
    someone.stop_letters()
    assert tallied() == {"joined": 1, "left": 1}


def test_pausing_is_not_leaving(subscribe):
    someone = subscribe("fern")
    someone.pause(until=timezone.localdate() + timedelta(days=30))
    someone.resume()

    assert tallied() == {"joined": 1}


def test_who_is_erased_has_left(subscribe):
    subscribe("fern").erase()

    assert tallied() == {"joined": 1, "left": 1}


@pytest.mark.parametrize(
    ("key", "words"),
    [("fingerprint", "1 hour"), ("left", "30 days"), ("imports", "1 day"), ("looks", "24 months")],
)
def test_times_are_said_as_people_say_them(key, words):
    assert settings.RETENTION[key].how_long == words


def test_the_settings_decide_how_long(settings, subscribe, wait):
    kept = settings.RETENTION["left"]._replace(time=timedelta(days=7))
    settings.RETENTION = settings.RETENTION | {"left": kept}
    subscribe("fern").unsubscribe()

    wait(timedelta(days=8))

    assert not Subscriber.objects.exists()
