"""Other words for a reply: the form, what the page shows meanwhile, and what races leave."""

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.forms import STAMP_SALT
from comments import signals
from comments.models import Change, Comment
from comments.screening import Hint, Verdict
from comments.signals import RULES, Rule, Signal
from newsletter.models import Quote

HELD = Verdict(publish=False)
CARE = Signal("despair", 0)


@pytest.fixture
def despair(monkeypatch):
    monkeypatch.setitem(RULES, "despair", Rule("It sounds as if today is hard.", 0, is_care=True))


def said(response):
    main = BeautifulSoup(response.content, "html.parser").main
    return " ".join(main.get_text().split())


def at(comment):
    return f"{comment.writer.get_absolute_url()}{comment.public_id}/"


@pytest.fixture
def change(reader):
    """Send the form, a minute after it was opened: change(comment, text="A fan.")."""
    stamp = signing.dumps(int(timezone.now().timestamp()) - 60, salt=STAMP_SALT)

    def send(comment, step="send", browser=reader, **typed):
        data = {"text": "A fan.", "name": "Marigold", "stamp": stamp, "step": step} | typed
        return browser.post(at(comment), data, follow=True)

    return send


@pytest.fixture
def known(show):
    """A published reply of somebody whose second one it is."""
    first = show()
    return show(writer=first.writer)


def now(comment):
    comment.refresh_from_db()
    return comment.status, comment.lane, comment.body


# The form -----------------------------------------------------------------------------------------


def test_the_form_has_the_words_and_the_name_in_it(reader, hold):
    page = BeautifulSoup(reader.get(at(hold(body="One\n\ntwo"))).content, "html.parser")

    assert page.find("textarea", id="text").get_text().lstrip("\n") == "One\n\ntwo"
    assert page.find("input", id="name")["value"] == "Marigold"


def test_words_that_wait_are_those_one_writes_on(reader, show):
    comment = show()
    comment.change("A fan.", "Bram", HELD)

    page = reader.get(at(comment)).text

    assert "A fan.</textarea>" in page and 'value="Bram"' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": " "}, "Please write your reply. One word is enough."),
        ({"name": ""}, "Please give a name to show. A nickname is fine."),
        ({"name": "S. a r a"}, "Sara writes here, so that name is taken."),
        ({"text": "x" * 10_001}, "Please make it shorter"),
    ],
)
def test_its_rules_are_those_of_a_new_reply_and_nothing_typed_is_lost(
    change, hold, typed, sentence
):
    comment = hold()

    response = change(comment, **typed)

    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 400
    assert sentence in page.find(role="alert").get_text()
    assert page.find("textarea").get_text().strip() == typed.get("text", "A fan.").strip()
    assert now(comment)[2] == "A wet scarf."


def test_read_through_it_shows_what_will_stand_there_and_keeps_nothing(change, show):
    comment = show()

    page = said(change(comment, step="check", text="A *fan*."))

    assert "Nothing has been sent yet." in page and "A fan." in page
    assert "Until then the page shows your old words." in page
    assert not Change.objects.exists()


def test_a_gentle_word_comes_once_before_it_is_sent_and_stops_nobody(change, hold, monkeypatch):
    hint = Hint("There is a phone number in it.", 0, 4)
    monkeypatch.setattr("comments.screening.hints", lambda draft: [hint])
    comment = hold()

    page = change(comment)
    assert "There is a phone number in it." in page.text
    assert now(comment)[2] == "A wet scarf."

    change(comment, sure="1")
    assert now(comment)[2] == "A fan."


def test_back_from_reading_it_through_the_words_are_in_the_box(change, hold):
    assert "Half a thou</textarea>" in change(hold(), step="write", text="Half a thou").text


def test_another_sites_form_gives_the_words_back(change, hold):
    comment = hold()

    response = change(comment, browser=Client(headers={"Sec-Fetch-Site": "cross-site"}))

    assert response.status_code == 403
    assert "A fan.</textarea>" in response.text and "Send again" in response.text
    assert now(comment)[2] == "A wet scarf."


def test_words_for_a_reply_that_was_taken_back_are_given_back_to_copy(change, hold):
    comment = hold()
    comment.withdraw()

    response = change(comment, text="Words to keep.")

    assert response.status_code == 404
    assert "Words to keep.</textarea>" in response.text
    assert now(comment)[2] == ""


def test_no_link_reaches_another_persons_reply(reader, hold, stamp):
    mine, theirs = hold(), hold()
    url = f"{mine.writer.get_absolute_url()}{theirs.public_id}/"

    assert reader.get(url).status_code == 404
    data = {"text": "Mine now.", "name": "Bram", "stamp": stamp}
    assert reader.post(url, data).status_code == 404
    assert now(theirs)[2] == "A wet scarf."


def test_looking_at_the_form_changes_nothing_and_is_kept_by_nobody(reader, hold):
    comment = hold()

    response = reader.get(at(comment) + "?step=send&text=A+fan.&name=Bram")

    assert response.headers["Cache-Control"] == "private, no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert now(comment)[2] == "A wet scarf."


# What becomes of it -------------------------------------------------------------------------------


def test_words_that_wait_are_replaced_at_once(change, hold):
    comment = hold()

    change(comment, text="A fan.", name="Bram")

    assert now(comment) == ("pending", "new", "A fan.")
    assert (comment.revision, comment.name, comment.name_key) == (2, "Bram", "bram")


def test_it_says_why_the_new_words_wait_and_not_the_old_ones(change, hold):
    comment = hold(signals=[Signal("too fast", 1)])

    change(comment)

    noticed = Comment.objects.get(pk=comment.pk).noticed
    assert "too fast" not in {signal.rule for signal in noticed}


def test_the_published_words_stay_until_the_others_are_accepted(change, show, reader, post, sara):
    comment = show()

    page = said(change(comment, text="A fan."))

    assert "Your other words are waiting" in page
    assert now(comment) == ("published", "changed", "A wet scarf.")
    assert "A fan." not in said(reader.get(post.get_absolute_url()))
    assert comment.waiting_change.accept(by=sara)
    assert "A fan." in said(reader.get(post.get_absolute_url()))


def test_accepted_words_are_cleaned_like_all_others(show, sara, reader, post):
    comment = show()
    comment.change("<script>alert(1)</script> [x](javascript:alert(1))", "Bram", HELD)
    comment.waiting_change.accept(by=sara)

    page = reader.get(post.get_absolute_url()).text

    assert "<script>alert(1)" not in page and 'href="javascript' not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_second_change_takes_the_place_of_the_one_that_waits(show):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)
    since = comment.waiting_since
    comment.change("Ice.", "Marigold", HELD)

    assert [change.body for change in Change.objects.all()] == ["Ice."]
    assert comment.waiting_since == since


def test_the_same_words_as_on_the_page_leave_it_as_it_was(show):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)

    comment.change("A wet scarf.", "Marigold", HELD)

    assert now(comment) == ("published", "", "A wet scarf.")
    assert not Change.objects.exists()


def test_its_writer_can_leave_it_as_it_was(reader, show):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)

    url = comment.writer.get_absolute_url()
    reader.post(url, {"step": "drop-change", "reply": comment.public_id})

    assert now(comment) == ("published", "", "A wet scarf.")
    assert not Change.objects.exists()


def test_who_is_known_is_shown_at_once_and_the_rules_are_named(change, known):
    change(known, text="A fan.")

    assert now(known) == ("published", "", "A fan.")
    newest = known.decisions.first()
    assert (newest.actor, newest.about, newest.revision) == ("rules", "changed", 2)


def test_who_is_known_waits_when_something_stands_out(change, known):
    change(known, website="https://watches.example")

    assert now(known) == ("published", "changed", "A wet scarf.")
    assert "A field" in known.waiting_change.noticed[0].words


@pytest.mark.parametrize("verb", ["reject", "mark_spam"])
def test_what_was_turned_down_is_offered_again_with_other_words(change, hold, sara, verb):
    comment = hold()
    getattr(comment, verb)(by=sara)

    change(comment, text="A fan.")

    assert now(comment) == ("pending", "new", "A fan.")
    newest = comment.decisions.first()
    assert (newest.actor, newest.verdict, newest.revision) == ("writer", "pending", 2)


def test_what_is_private_stays_private_in_other_words(change, show):
    comment = show()
    comment.keep_private()

    change(comment, text="A fan.")

    assert now(comment) == ("private", "", "A fan.")


def test_what_readers_reported_is_still_looked_at_in_other_words(change, show):
    comment = show()
    comment.hold_for_review()

    change(comment)

    assert now(comment) == ("pending", "reported", "A fan.")


def test_who_needed_care_is_looked_after_whatever_it_says_now(hold, despair):
    comment = hold(signals=[CARE])

    comment.change("All is well.", "Marigold", HELD)

    assert now(comment) == ("pending", "care", "All is well.")
    assert signals.are_care(comment.noticed)


def test_words_that_need_care_now_wait_with_those(hold, despair):
    comment = hold()

    comment.change("I cannot go on.", "Marigold", Verdict(False, [CARE]))

    assert now(comment)[1] == "care"


def test_html_of_words_that_were_on_the_page_is_gone_with_them(show, sara):
    comment = show()
    comment.reject(by=sara)

    comment.change("A fan.", "Marigold", HELD)

    assert "scarf" not in comment.as_shown
    assert comment.publish(by=sara)
    assert comment.body_html == "<p>A fan.</p>"


def test_letters_quote_the_new_words_only_once_they_stand(show, sara):
    comment = show(may_quote=True)
    comment.change("A fan.", "Marigold", HELD)
    assert Quote.objects.get().text == "A wet scarf."

    comment.waiting_change.accept(by=sara)

    assert Quote.objects.get().text == "A fan."


# What never is ------------------------------------------------------------------------------------


def test_the_database_refuses_two_changes_that_wait_for_one_reply(show):
    comment = show()
    comment.changes.create(body="One.")

    with pytest.raises(IntegrityError), transaction.atomic():
        comment.changes.create(body="Two.")


def test_the_database_refuses_a_decided_change_without_a_time(show):
    with pytest.raises(IntegrityError), transaction.atomic():
        show().changes.create(body="One.", status="accepted")


STEPS = st.lists(
    st.sampled_from(
        ["publish", "reject", "mark_spam", "hold_again", "keep_private", "offer_again", "review"]
        + ["change", "change back", "drop_change", "drop_name", "accept", "refuse", "undo"]
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_pressed_in_whatever_order_the_row_is_sound_and_the_page_as_decided(
    hold, sara, steps
):
    comment = hold(may_quote=True)
    for number, step in enumerate(steps):
        _press(comment, step, number, sara)
        comment.refresh_from_db()
        waits = comment.changes.waiting().exists()
        assert bool(comment.lane) == (comment.is_waiting or (comment.is_published and waits)), (
            steps[: number + 1]
        )
        assert Quote.objects.filter(reference=comment.anchor).exists() == comment.is_published
        if comment.is_published:
            assert comment.body in comment.body_html
    comment.withdraw()
    assert not comment.changes.exists()


def _press(comment, step, number, sara):
    newest = comment.changes.last()
    if step in {"publish", "reject", "mark_spam", "hold_again"}:
        getattr(comment, step)(by=sara)
    elif step == "review":
        comment.hold_for_review()
    elif step == "change":
        comment.change(f"Words {number}.", "Bram", HELD)
    elif step == "change back":
        comment.change("A wet scarf.", "Marigold", HELD)
    elif step == "undo":
        _ = newest and newest.hold_again(by=sara)
    elif step in {"accept", "refuse"}:
        _ = newest and getattr(newest, step)(by=sara)
    else:
        getattr(comment, step)()


@pytest.mark.django_db(transaction=True)
def test_a_publish_at_the_same_moment_never_shows_html_of_other_words(hold, sara, at_once):
    comment = hold()

    at_once(
        lambda: Comment.objects.get(pk=comment.pk).publish(by=sara),
        lambda: Comment.objects.get(pk=comment.pk).change("A fan.", "Marigold", HELD),
    )

    comment.refresh_from_db()
    assert comment.is_published
    assert comment.body_html == f"<p>{comment.body}</p>"
    assert comment.body == "A fan." or comment.waiting_change.body == "A fan."


@pytest.mark.django_db(transaction=True)
def test_taken_back_at_the_same_moment_no_other_words_are_left(show, at_once):
    comment = show()

    at_once(
        lambda: Comment.objects.get(pk=comment.pk).change("A fan.", "Marigold", HELD),
        lambda: Comment.objects.get(pk=comment.pk).withdraw(),
    )

    assert now(comment) == ("withdrawn", "", "")
    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_accepted_while_newer_words_come_the_newer_ones_are_not_lost(show, sara, at_once):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)
    waiting = Change.objects.get()

    at_once(
        lambda: waiting.accept(by=sara),
        lambda: Comment.objects.get(pk=comment.pk).change("Ice.", "Marigold", HELD),
    )

    comment.refresh_from_db()
    assert comment.waiting_change.body == "Ice."
    assert comment.body in {"A wet scarf.", "A fan."}
    assert comment.body_html == f"<p>{comment.body}</p>"


@pytest.mark.django_db(transaction=True)
def test_accepted_by_two_at_once_it_is_accepted_once(show, sara, at_once):
    comment = show()
    comment.change("A fan.", "Marigold", HELD)
    one, other, answers = Change.objects.get(), Change.objects.get(), []

    at_once(
        lambda: answers.append(one.accept(by=sara)),
        lambda: answers.append(other.accept(by=sara)),
    )

    assert sorted(answers) == [False, True]
    assert now(comment) == ("published", "", "A fan.")
    assert comment.decisions.filter(about="changed").count() == 1
