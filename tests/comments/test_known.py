"""“Know me on this device”: one cookie, set by a POST with the tick, read by posts alone."""

import time

import pytest
from django.http import HttpResponse

from blog.forms import StampInput
from comments import known, proving, screening
from comments.models import Comment, Receipt, Writer
from newsletter import tokens


@pytest.fixture(autouse=True)
def _at_ten(time_machine):
    time_machine.move_to("2026-11-23 10:04:00+00:00", tick=False)


def cookie(response):
    return response.cookies.get(known.COOKIE)


def page(response):
    return response.content.decode()


@pytest.fixture
def writer(send):
    """Somebody whom their device knows."""
    send(known="on")
    return Writer.objects.get()


@pytest.fixture
def trusted(writer, post, sara):
    for words in ("One.", "Two."):
        Comment.objects.hold(
            client="c", writer=writer, post=post, name="Marigold", body=words
        ).publish(by=sara)
    return writer


def test_ticked_the_answer_sets_one_cookie_for_replies_alone(send):
    response = send(known="on")

    morsel = cookie(response)
    assert list(response.cookies) == [known.COOKIE]
    assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == ("/replies/", True, "Lax")
    assert 0 < morsel["max-age"] <= 400 * 24 * 3600


@pytest.mark.parametrize("is_safe", [True, False])
def test_the_cookie_travels_as_safely_as_others(send, settings, is_safe):
    settings.SESSION_COOKIE_SECURE = is_safe

    assert bool(cookie(send(known="on"))["secure"]) is is_safe


@pytest.mark.parametrize(
    "typed", [{}, {"step": "check", "known": "on"}, {"known": "on", "name": ""}]
)
def test_without_the_tick_or_before_sending_none_is_set(send, typed):
    assert not send(**typed).cookies


def test_no_get_sets_one(reader, address, writer):
    urls = [address, f"{address}?known=on", writer.get_absolute_url()]

    assert not any(reader.get(url).cookies for url in urls)


def test_the_next_reply_is_the_same_persons(send, writer):
    response = send(text="Peas.", name="Somebody else")

    assert response.url.endswith(f"/{writer.token}/")
    assert writer.comments.count() == 2


def test_a_form_looks_the_same_to_whom_it_knows(reader, address, writer, client):
    def form(browser):
        response = browser.get(address)
        return page(response).split('name="stamp"')[0], response.headers.get("Vary")

    assert form(reader) == form(client)


def test_reading_it_through_keeps_the_wish(send):
    assert '<input type="hidden" name="known" value="on">' in page(send(step="check", known="on"))


def test_whom_it_knows_is_told_before_sending(send, writer):
    assert "it joins your other replies" in page(send(step="check", text="Peas."))
    assert "You get a private link" not in page(send(step="check", text="Peas."))


def test_a_trusted_persons_next_reply_appears_at_once_and_the_page_says_so(
    send, reader, trusted, time_machine
):
    time_machine.shift(10)
    response = send(text="Three.")

    three = Comment.objects.get(body="Three.")
    thanks = page(reader.get(response.url))
    assert three.is_published
    assert "Thank you. Your reply is on the page." in thanks
    assert f'href="{three.get_absolute_url()}"' in thanks


def test_the_same_name_from_another_browser_gets_nothing(client, send, trusted, time_machine):
    time_machine.shift(10)
    client.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    send(client, text="Three.", name="Marigold")

    three = Comment.objects.get(body="Three.")
    assert three.is_waiting and three.writer != trusted


def test_what_a_moderator_held_again_does_not_come_back_by_sending_it_again(
    send, trusted, sara, time_machine
):
    time_machine.shift(10)
    send(text="Three.")
    Comment.objects.get(body="Three.").hold_again(by=sara)

    send(text="Three.")

    assert Comment.objects.get(body="Three.").is_waiting


def claim(reader, value):
    reader.cookies[known.COOKIE] = value


FORGED = {
    "empty": lambda w: "",
    "the private link": lambda w: w.token,
    "one letter wrong": lambda w: (
        tokens.make(known.PURPOSE, w.public_id)[:-1]
        + ("a" if tokens.make(known.PURPOSE, w.public_id)[-1] != "a" else "b")
    ),
    "of another version": lambda w: tokens.make(known.PURPOSE, w.public_id, 1),
    "nobody's": lambda w: tokens.make(known.PURPOSE, "2" * 16),
    "only the name": lambda w: w.public_id,
    "nonsense": lambda w: "é'\"<>;--" * 50,
    "very long": lambda w: "2" * 100_000,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_cookie_is_nobody(send, reader, writer, forge):
    claim(reader, forge(writer))

    response = send(text="Peas.")

    assert response.status_code == 303
    assert writer.comments.count() == 1 and Comment.objects.count() == 2


def test_a_cookie_of_an_old_key_is_still_good(send, writer, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"

    send(text="Peas.")

    assert writer.comments.count() == 2


def test_with_the_old_key_gone_it_is_nobody(send, writer, settings):
    settings.SECRET_KEY = "a new one"
    send(text="Peas.", stamp=StampInput().format_value(None))

    assert writer.comments.count() == 1 and Comment.objects.count() == 2


def test_revoked_links_take_the_cookie_with_them(send, writer):
    Writer.objects.filter(pk=writer.pk).update(link_version=1)

    send(text="Peas.")

    assert writer.comments.count() == 1


def test_who_was_found_to_be_somebody_else_writes_as_somebody_new(send, writer, hold):
    first = hold().writer
    Writer.objects.filter(pk=writer.pk).update(same_as=first)

    send(text="Peas.")

    assert Comment.objects.get(body="Peas.").writer not in (first, writer)


def test_who_is_found_to_be_somebody_else_while_they_send_writes_as_somebody_new(
    send, trusted, hold, monkeypatch, time_machine
):
    time_machine.shift(10)
    first, judge = hold().writer, screening.judge

    def judge_slowly(draft):
        Writer.objects.filter(pk=trusted.pk).update(same_as=first)
        return judge(draft)

    monkeypatch.setattr(screening, "judge", judge_slowly)
    send(text="Peas.")

    peas = Comment.objects.get(body="Peas.")
    assert peas.is_waiting and peas.writer not in (first, trusted)


def test_ticked_again_the_cookie_names_the_same_person(send, writer):
    assert cookie(send(text="Peas.", known="on")).value == tokens.make("known", writer.public_id)


def test_writing_again_counts_as_being_seen(send, writer, time_machine):
    before = writer.used_at
    time_machine.shift(3600)

    send(text="Peas.")

    writer.refresh_from_db()
    assert writer.used_at > before


def test_forgetting_takes_the_cookie_away_where_it_was_set():
    response = HttpResponse()
    known.forget(response)

    assert (cookie(response)["path"], cookie(response)["max-age"]) == ("/replies/", 0)


def test_is_known_says_whose_device_it_is(rf, writer, hold):
    request = rf.post("/")
    request.COOKIES[known.COOKIE] = tokens.make(known.PURPOSE, writer.public_id)

    assert known.is_known(request, writer)
    assert not known.is_known(request, hold().writer)


def test_somebody_unknown_is_nobody_known(rf, writer):
    assert not known.is_known(rf.post("/"), writer)


@pytest.mark.django_db(transaction=True)
def test_a_reply_that_is_sent_while_its_address_is_proved_is_kept(
    send, writer, at_once, monkeypatch, time_machine
):
    writer.give_address("fern@example.com")
    hold = type(Comment.objects.all()).hold

    def hold_slowly(*args, **facts):
        time.sleep(0.5)
        return hold(*args, **facts)

    def prove():
        time.sleep(0.2)
        proving.prove(Receipt.objects.earliest("pk"))

    monkeypatch.setattr(type(Comment.objects), "hold", hold_slowly)
    at_once(lambda: send(text="Peas.", email="fern@example.com", sure="1"), prove)

    assert Comment.objects.filter(body="Peas.").exists()
    assert Writer.objects.get().is_proved


def test_whom_it_knows_with_an_address_is_not_told_that_no_mail_comes(send, writer, time_machine):
    writer.give_address("marigold@example.com")
    writer.receipts.get().prove()

    preview = page(send(step="check", text="Peas."))

    assert "so no mail comes" not in preview
    assert "You gave an e-mail address before." in preview


@pytest.mark.parametrize("off", [[], ["published"], ["answered"]])
def test_the_thank_you_page_promises_no_mail_that_is_switched_off(send, reader, writer, off):
    writer.give_address("marigold@example.com")
    writer.receipts.get().prove()
    for what in off:
        writer.stop_telling(what)
        writer.refresh_from_db()

    thanks = page(reader.get(send(text="Peas.").url))

    assert ("We write to you when somebody answers it" in thanks) is not bool(off)
    assert ("You chose to get fewer mails" in thanks) is bool(off)
