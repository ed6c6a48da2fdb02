"""A person presses the button; mail servers only look."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import tokens
from newsletter.models import Confirmation, Consent, Subscriber


@pytest.fixture
def confirm_link(sign_up, mailoutbox, link):
    sign_up("marigold@example.com", page="post")
    return link("confirm", mailoutbox[0])


@pytest.fixture
def marigold(db):
    return lambda: Subscriber.objects.get(email="marigold@example.com")


@pytest.fixture
def elsewhere():
    """A browser that did not sign up: it has no cookie."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


def test_the_link_shows_one_button(elsewhere, confirm_link):
    page = elsewhere.get(confirm_link).content.decode()

    assert page.count('<form method="post">') == 1
    assert "Yes, sign me up</button>" in page
    assert "at_once.js" not in page


def test_the_browser_that_signed_up_may_press_its_own_button(reader, confirm_link, marigold):
    page = reader.get(confirm_link).content.decode()

    assert "data-at-once" in page and "at_once.js" in page
    assert marigold().status == "pending"


def test_a_page_that_is_read_ahead_does_not(reader, confirm_link):
    page = reader.get(confirm_link, headers={"Sec-Purpose": "prefetch"}).content.decode()

    assert "data-at-once" not in page


def test_nor_does_a_browser_that_typed_another_address(reader, confirm_link, sign_up):
    sign_up("fern@example.com")

    assert "data-at-once" not in reader.get(confirm_link).content.decode()


@pytest.mark.parametrize("cookie", ["", "nonsense", "a:b:c", "\x00"])
def test_nor_with_a_cookie_that_is_not_ours(elsewhere, confirm_link, cookie):
    elsewhere.cookies["signed-up-here"] = cookie

    assert "data-at-once" not in elsewhere.get(confirm_link).content.decode()


def test_the_cookie_is_for_these_pages_only_and_no_script_reads_it(sign_up):
    cookie = sign_up("marigold@example.com").cookies["signed-up-here"]

    assert (cookie["path"], cookie["samesite"]) == ("/newsletter/confirm/", "Lax")
    assert cookie["httponly"] and cookie["max-age"] == 30 * 24 * 3600
    assert "marigold" not in cookie.value


def test_the_page_is_for_no_cache_and_no_search_engine(reader, confirm_link):
    response = reader.get(confirm_link)

    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]


def test_a_scanner_may_look_twenty_times_and_the_person_can_still_confirm(confirm_link, marigold):
    scanner = Client(headers={"Sec-Purpose": "prefetch"})
    for _ in range(20):
        scanner.get(confirm_link)
        scanner.head(confirm_link)
    assert marigold().status == "pending"

    Client(headers={"Sec-Fetch-Site": "same-origin"}).post(confirm_link)
    assert marigold().status == "active"


def test_pressing_it_confirms_in_any_browser_without_a_cookie(reader, confirm_link, marigold):
    response = reader.post(confirm_link)

    own_page = f"/newsletter/manage/{marigold().manage_token}/?joined=1"
    assert (response.status_code, response["Location"]) == (303, own_page)
    assert marigold().status == "active"


def test_a_browser_on_plain_http_sends_only_an_origin_and_may_confirm(confirm_link, marigold):
    Client().post(confirm_link, headers={"Origin": "http://testserver"})

    assert marigold().status == "active"


def test_confirming_stamps_the_consent_and_the_mail_with_one_time(reader, confirm_link, marigold):
    reader.post(confirm_link)

    confirmation, consent = Confirmation.objects.get(), Consent.objects.get()
    assert consent.confirmed_at == confirmation.used_at == marigold().confirmed_at is not None


def test_pressing_twice_is_pressing_once(reader, confirm_link, marigold):
    reader.post(confirm_link)
    first = marigold().confirmed_at

    assert reader.post(confirm_link)["Location"].endswith("/?joined=1")
    assert marigold().confirmed_at == first


def test_a_week_later_the_same_link_says_already_signed_up(
    reader, confirm_link, time_machine, marigold
):
    reader.post(confirm_link)
    time_machine.move_to(timezone.now() + timedelta(days=7))

    assert "You are already signed up" in reader.get(confirm_link).content.decode()


def test_another_sites_post_shows_the_button_again(confirm_link, marigold):
    response = Client(headers={"Sec-Fetch-Site": "cross-site"}).post(confirm_link)

    assert response.status_code == 403
    assert "press the button once more" in response.content.decode()
    assert "autofocus" in response.content.decode()
    assert marigold().status == "pending"


def test_too_many_presses_are_asked_to_wait(reader, confirm_link):
    for _ in range(61):
        response = reader.post(confirm_link)

    assert response.status_code == 429


def test_a_link_older_than_thirty_days_has_rested_too_long(
    reader, confirm_link, time_machine, marigold
):
    time_machine.move_to(timezone.now() + timedelta(days=30, minutes=1))

    for response in (reader.get(confirm_link), reader.post(confirm_link)):
        assert response.status_code == 410
        assert "This link has rested too long" in response.content.decode()
    assert marigold().status == "pending"


def test_a_link_whose_row_is_gone_shows_the_sign_up_box(reader, confirm_link):
    Subscriber.objects.all().delete()

    response = reader.get(confirm_link)
    assert response.status_code == 410
    assert 'id="sign-up"' in response.content.decode()


@pytest.fixture
def replaced_link(confirm_link, sign_up, time_machine):
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    sign_up("marigold@example.com")
    return confirm_link


def test_a_replaced_link_offers_a_new_one(reader, replaced_link, marigold):
    page = reader.get(replaced_link).content.decode()
    assert "Send me a new one" in page
    assert "marigold" not in page

    reader.post(replaced_link)
    assert marigold().status == "pending"


def test_one_press_sends_a_new_one_without_retyping(
    reader, replaced_link, mailoutbox, commit, time_machine, link, marigold
):
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    with commit():
        response = reader.post(replaced_link, {"again": "1"})

    assert (response.status_code, response["Location"]) == (303, "/newsletter/check-mail/")
    assert len(mailoutbox) == 3
    reader.post(link("confirm", mailoutbox[2]))
    assert marigold().status == "active"


def test_asking_for_new_ones_stops_at_three_a_day(
    reader, replaced_link, mailoutbox, commit, time_machine
):
    for _ in range(4):
        time_machine.move_to(timezone.now() + timedelta(minutes=6))
        with commit():
            reader.post(replaced_link, {"again": "1"})

    assert len(mailoutbox) == 3


def test_a_machines_sign_up_does_not_replace_a_persons_link(
    reader, confirm_link, sign_up, time_machine, marigold
):
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    sign_up("marigold@example.com", website="https://spam.example")

    reader.post(confirm_link)
    assert marigold().status == "active"


def test_an_old_link_never_brings_back_somebody_who_left(reader, confirm_link, marigold):
    reader.post(confirm_link)
    marigold().unsubscribe()

    page = reader.post(confirm_link).content.decode()
    assert marigold().status == "unsubscribed"
    assert 'id="sign-up"' in page


def test_nor_does_a_link_that_was_mailed_before_they_left(
    reader, confirm_link, sign_up, mailoutbox, link, time_machine, marigold
):
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    sign_up("marigold@example.com")
    reader.post(link("confirm", mailoutbox[1]))
    marigold().unsubscribe()

    page = reader.post(confirm_link, {"again": "1"}).content.decode()
    assert marigold().status == "unsubscribed"
    assert 'id="sign-up"' in page


def test_nor_does_a_link_that_was_never_used(reader, confirm_link, marigold):
    marigold().unsubscribe()

    reader.post(confirm_link)
    assert marigold().status == "unsubscribed"


def test_who_left_and_signs_up_again_comes_back_by_the_new_link(
    reader, confirm_link, sign_up, mailoutbox, link, time_machine, marigold
):
    reader.post(confirm_link)
    marigold().unsubscribe()
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    sign_up("marigold@example.com")

    reader.post(link("confirm", mailoutbox[1]))
    assert marigold().status == "active"
    assert marigold().unsubscribed_at is None


def test_who_comes_back_gets_the_weekly_letter_that_the_page_promises(
    reader, subscribe, sign_up, mailoutbox, link
):
    bram = subscribe("bram", frequency="monthly")
    bram.unsubscribe()
    sign_up("bram@example.com")
    reader.post(link("confirm", mailoutbox[0]))

    bram.refresh_from_db()
    assert (bram.status, bram.frequency) == ("active", "weekly")


@pytest.mark.parametrize("way", ["confirm", "unsubscribe"])
@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 500, "%00", "%00" * 32, "ä", "💌"])
def test_a_made_up_link_gets_a_plain_page_with_the_box(reader, publication, way, token):
    for send in (reader.get, reader.post):
        response = send(f"/newsletter/{way}/{token}/")
        assert response.status_code == 404
        assert 'id="sign-up"' in response.content.decode()


def test_a_link_to_leave_does_not_confirm(reader, confirm_link, marigold):
    token = tokens.make(tokens.UNSUBSCRIBE, Confirmation.objects.get().public_id)

    assert reader.post(f"/newsletter/confirm/{token}/").status_code == 404
    assert marigold().status == "pending"


def test_an_unused_link_brings_no_letters_back_to_who_still_follows_a_story(
    reader, confirm_link, marigold, post
):
    someone = marigold()
    someone.confirmations.create(status="sent", sent_at=timezone.now(), story=post).confirm()
    marigold().stop_letters()
    page = reader.post(confirm_link).content.decode()

    assert (marigold().status, marigold().frequency) == ("active", "none")
    assert "You get no letters from us" in page


def test_nor_does_it_begin_a_story_again_that_was_stopped_since(reader, subscribe, post):
    someone = subscribe("fern")
    asked = {"status": "sent", "sent_at": timezone.now(), "story": post, "letters": False}
    first = someone.confirmations.create(**asked)
    someone.follows.begin(someone, post)
    someone.stop_stories([post])
    page = reader.post(f"/newsletter/confirm/{first.token}/").content.decode()

    assert not someone.follows.going_on().exists()
    assert "You get no news on this story" in page
