"""What Sara can do with letters, and what those without her rights cannot see."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from newsletter.models import Delivery, Edition, Issue, Subscriber, Suppression

SEND_NOW = "/admin/newsletter/issue/send-now/"


@pytest.fixture
def issue(weekly, post, subscribe, commit):
    subscribe("marigold")
    with commit():
        return weekly.send_now()


@pytest.fixture
def held(weekly, post, subscribe):
    """A letter that may or may not have reached marigold."""
    subscribe("marigold")
    issue = weekly.compose(timezone.now())
    issue.start()
    issue.deliveries.update(status="uncertain", reason="TimeoutError")
    return issue.deliveries.get()


@pytest.fixture
def staff(publication):
    """Somebody who may look at what these words name, and nothing else."""

    def make(*rights):
        user = User.objects.create_user("pat", password="pat", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


def test_sending_now_first_shows_what_goes_to_how_many(desk, weekly, post, subscribe, mailoutbox):
    subscribe()
    page = desk.get(SEND_NOW).content.decode()

    assert "Hot days" in page
    assert "The letter goes to one person." in page
    assert mailoutbox == []


def test_one_press_sends_it_and_a_second_sends_nothing(
    desk, weekly, post, subscribe, mailoutbox, commit
):
    subscribe()
    for _ in range(2):
        with commit():
            desk.post(SEND_NOW)

    assert len(mailoutbox) == 1


def test_with_nothing_new_there_is_no_button(desk, weekly, publication):
    page = desk.get(SEND_NOW).content.decode()

    assert "nothing to send" in page
    assert "Send it now" not in page


def test_who_may_only_look_cannot_send(staff, weekly, post):
    looker = staff("view_issue")

    assert looker.get(SEND_NOW).status_code == 403
    assert looker.post(SEND_NOW).status_code == 403
    assert not Issue.objects.exists()


def test_a_stranger_is_asked_to_log_in(reader, weekly, post):
    assert "/admin/login/" in reader.post(SEND_NOW)["Location"]
    assert not Issue.objects.exists()


def test_every_page_of_the_letters_opens(desk, issue):
    for name in ("issue", "edition", "subscriber", "delivery", "suppression"):
        assert desk.get(f"/admin/newsletter/{name}/").status_code == 200


def test_an_issue_tells_in_words_what_became_of_it(desk, issue):
    page = desk.get(f"/admin/newsletter/issue/{issue.pk}/change/").content.decode()

    assert "1 sent + 0 failed + 0 left out + 0 not certain = 1 = 1 person" in page


def test_somebody_is_found_by_their_whole_address_only(desk, subscribe):
    subscribe("marigold")
    found = desk.get("/admin/newsletter/subscriber/?q=Marigold@example.com").content.decode()
    guessed = desk.get("/admin/newsletter/subscriber/?q=mari").content.decode()

    assert "marigold@example.com" in found
    assert "marigold@example.com" not in guessed


def test_a_state_cannot_be_typed(desk, subscribe):
    someone = subscribe("marigold")
    desk.post(
        f"/admin/newsletter/subscriber/{someone.pk}/change/",
        {"frequency": "monthly", "status": "unsubscribed", "email": "x@example.com"},
    )

    someone.refresh_from_db()
    assert (someone.frequency, someone.status) == ("monthly", "active")
    assert someone.email == "marigold@example.com"


def test_held_letters_go_again_on_one_press(desk, held, mailoutbox, commit):
    with commit():
        desk.post(
            "/admin/newsletter/delivery/",
            {"action": "send_again", "_selected_action": [held.pk]},
        )

    assert len(mailoutbox) == 1
    assert Delivery.objects.get().status == "sent"


def test_addresses_are_shown_to_those_who_may_see_subscribers(staff, desk, held):
    looker = staff("view_delivery", "view_issue")

    assert "marigold" in desk.get("/admin/newsletter/delivery/").content.decode()
    assert "marigold" not in looker.get("/admin/newsletter/delivery/").content.decode()
    assert looker.get("/admin/newsletter/subscriber/").status_code == 403


def test_who_may_only_look_cannot_send_again(staff, held, mailoutbox, commit):
    with commit():
        staff("view_delivery").post(
            "/admin/newsletter/delivery/",
            {"action": "send_again", "_selected_action": [held.pk]},
        )

    assert mailoutbox == []


def edit(desk, edition, **changes):
    form = {"is_on": "on", "goes_by_itself": "on", "weekday": 6, "day": 1, "at": "09:00"}
    since = {"since_0": edition.since.date().isoformat(), "since_1": "09:00"}
    return desk.post(f"/admin/newsletter/edition/{edition.pk}/change/", form | since | changes)


def test_a_new_rhythm_begins_anew_and_is_never_overdue(desk, weekly, post, subscribe):
    subscribe()
    before = timezone.now()
    assert edit(desk, weekly, weekday=2).status_code == 302

    weekly.refresh_from_db()
    assert weekly.switched_on_at >= before
    assert weekly.keep_time() is None


def test_another_day_of_the_month_begins_anew_too(desk, weekly):
    Edition.objects.update(kind="monthly")
    before = timezone.now()
    assert edit(desk, weekly, day=31).status_code == 302

    weekly.refresh_from_db()
    assert (weekly.day, weekly.switched_on_at >= before) == (31, True)


def test_a_month_has_no_thirty_second_day(desk, weekly):
    assert "not one of the available choices" in edit(desk, weekly, day=32).content.decode()


def test_saving_without_a_change_keeps_the_rhythm(desk, weekly):
    was = weekly.switched_on_at
    edit(desk, weekly)

    weekly.refresh_from_db()
    assert weekly.switched_on_at == was


def test_an_edition_can_be_switched_off(desk, weekly):
    edit(desk, weekly, is_on="")

    assert not Edition.objects.get().is_on


def test_an_address_can_be_suppressed_and_is_not_kept(desk, publication):
    form = {"email": "Marigold@Example.com", "reason": "complaint"}
    desk.post("/admin/newsletter/suppression/add/", form)

    assert Suppression.objects.cover("marigold@example.com")
    page = desk.get("/admin/newsletter/suppression/").content.decode()
    assert "marigold" not in page.lower()


def test_stopping_letters_for_somebody_is_one_action(desk, subscribe):
    someone = subscribe("marigold")
    desk.post(
        "/admin/newsletter/subscriber/",
        {"action": "unsubscribe", "_selected_action": [someone.pk]},
    )

    assert Subscriber.objects.get().status == "unsubscribed"
