"""The desk: both versions beside each other, stale decisions that decide nothing, lanes."""

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from comments.models import Change, Comment
from comments.screening import Verdict
from comments.signals import RULES, Rule, Signal
from newsletter.models import Subscriber

HELD = Verdict(publish=False)
LIST = "/admin/comments/comment/"
QUICKER = "Nothing was decided now."


def one(comment):
    return f"{LIST}{comment.pk}/change/"


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def said(response):
    return " ".join(soup(response).get_text().split())


@pytest.fixture
def changed(show):
    """A published reply with other words that wait."""
    comment = show()
    comment.change("A fan.", "Marigold", Verdict(False, [Signal("too fast", 1)]))
    return comment


@pytest.fixture
def press(desk):
    """A button of the page as it was opened: press(page, "accept")."""

    def go(page, value):
        button = soup(page).find("button", value=value)
        fields = button.find_parent("form").find_all("input")
        data = {field["name"]: field["value"] for field in fields if field.has_attr("value")}
        url = page.wsgi_request.path
        return desk.post(url, data | {button["name"]: value}, follow=True)

    return go


def test_both_versions_stand_beside_each_other_with_why_it_waits(desk, changed):
    page = soup(desk.get(one(changed)))

    versions = [article.get_text() for article in page.select(".versions article")]
    assert "A wet scarf." in versions[0] and "What the page shows" in versions[0]
    assert "A fan." in versions[1] and "within two seconds" in versions[1]
    assert "Its writer would like other words." in page.get_text()


def test_accepted_the_page_shows_the_new_words_and_it_is_written_down(desk, press, changed, sara):
    page = press(desk.get(one(changed)), "accept")

    changed.refresh_from_db()
    assert (changed.body, changed.body_html, changed.revision) == ("A fan.", "<p>A fan.</p>", 2)
    assert "other words were accepted, by sara" in said(page)
    assert not Comment.objects.waiting().exists()


def test_not_accepted_the_page_stays_and_its_writer_is_told(desk, press, changed, reader):
    page = press(desk.get(one(changed)), "refuse")

    changed.refresh_from_db()
    assert (changed.body, changed.lane, changed.revision) == ("A wet scarf.", "", 1)
    assert "other words were not accepted, by sara" in said(page)
    assert "Your other words were not accepted." in said(
        reader.get(changed.writer.get_absolute_url())
    )


@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_either_can_be_undone(desk, press, changed, verb):
    page = press(desk.get(one(changed)), verb)

    page = press(page, "undo")

    changed.refresh_from_db()
    assert (changed.body, changed.lane) == ("A wet scarf.", "changed")
    assert changed.waiting_change.body == "A fan."
    assert "other words wait again, by sara" in said(page)


def test_undone_and_accepted_again_it_says_the_new_words(changed, sara):
    change = changed.waiting_change
    assert change.accept(by=sara) and change.hold_again(by=sara) and change.accept(by=sara)

    changed.refresh_from_db()
    assert (changed.body, changed.revision) == ("A fan.", 4)


def test_what_was_said_since_is_not_undone(changed, sara):
    first = changed.waiting_change
    first.accept(by=sara)
    changed.reject(by=sara)
    changed.change("Ice.", "Marigold", HELD)
    changed.publish(by=sara)

    assert not Change.objects.get(pk=first.pk).hold_again(by=sara)
    changed.refresh_from_db()
    assert changed.body == "Ice."


def test_accepting_words_that_newer_ones_replaced_does_nothing_and_says_so(desk, press, changed):
    page = desk.get(one(changed))
    changed.change("Throw away your pills.", "Marigold", HELD)

    answer = press(page, "accept")

    assert answer.status_code == 409 and QUICKER in said(answer)
    changed.refresh_from_db()
    assert changed.body == "A wet scarf."


def test_the_second_of_two_moderators_is_told(desk, press, changed):
    page = desk.get(one(changed))
    press(page, "refuse")

    answer = press(page, "accept")

    assert answer.status_code == 409 and QUICKER in said(answer)
    changed.refresh_from_db()
    assert changed.body == "A wet scarf."


@pytest.mark.parametrize("verb", ["publish", "reject", "mark_spam", "keep_private"])
def test_who_read_older_words_decides_nothing(desk, press, hold, verb):
    comment = hold()
    page = desk.get(one(comment))
    comment.change("Throw away your pills.", "Marigold", HELD)

    answer = press(page, verb)

    assert answer.status_code == 409 and QUICKER in said(answer)
    assert "Throw away your pills." in said(answer)
    comment.refresh_from_db()
    assert comment.is_waiting


def test_publish_and_answer_after_a_change_keeps_the_answer_in_the_box(desk, hold):
    comment = hold()
    comment.change("Throw away your pills.", "Marigold", HELD)

    answer = desk.post(one(comment), {"body": "Well said.", "publish": "1", "seen": "1"})

    assert answer.status_code == 409 and "Well said.</textarea>" in answer.text
    comment.refresh_from_db()
    assert comment.is_waiting and not comment.replies.exists()


def test_a_list_that_was_opened_before_a_change_publishes_only_the_others(desk, hold):
    mine, other = hold(), hold()
    page = soup(desk.get(LIST))
    seen = [field["value"] for field in page.find_all("input", attrs={"name": "seen"})]
    mine.change("Throw away your pills.", "Marigold", HELD)

    data = {"action": "publish", "_selected_action": [mine.pk, other.pk], "seen": seen}
    answer = desk.post(LIST, data, follow=True)

    assert "One reply stayed as it was" in answer.text
    assert list(Comment.objects.published()) == [other]


def test_who_needs_care_comes_first_and_is_never_one_of_many(desk, hold, monkeypatch):
    monkeypatch.setitem(RULES, "despair", Rule("It sounds hard.", 0, is_care=True))
    hold(name="First"), hold(name="Bot", signals=[Signal("honeypot", 5)])
    care = hold(name="Tired", signals=[Signal("despair", 0)])
    hold(name="Last")

    names = [cell.get_text() for cell in soup(desk.get(LIST)).select("td.field-name")]
    assert names == ["Tired", "First", "Last", "Bot"]

    data = {"action": "reject", "_selected_action": [care.pk]}
    assert "One reply needs care." in desk.post(LIST, data, follow=True).text
    care.refresh_from_db()
    assert care.is_waiting


def test_lanes_are_a_filter_with_counts_in_words(desk, hold, changed):
    hold(name="Bram"), hold(name="Ann")

    page = soup(desk.get(LIST))
    words = [link.get_text().strip() for link in page.select("#changelist-filter a")]
    assert words[:6] == [
        "needs care: none",
        "new people: two",
        "known people: none",
        "reported: none",
        "changed: one",
        "probably spam: none",
    ]
    rows = soup(desk.get(LIST, {"lane": "changed"})).select("td.field-name")
    assert [row.get_text() for row in rows] == ["Marigold"]


def test_phrases_that_were_noticed_are_said(desk, hold, monkeypatch):
    monkeypatch.setitem(RULES, "clinic", Rule("It points to a clinic:", 1))
    comment = hold(body="Go to <b>Smile</b> now.", signals=[Signal("clinic", 1, 6, 18)])

    assert "It points to a clinic: “<b>Smile</b>”" in said(desk.get(one(comment)))


def test_no_address_of_a_writer_is_on_the_desk_or_searched_there(desk, hold):
    comment = hold()
    comment.writer.subscriber = Subscriber.objects.create(email="marigold@example.org")
    comment.writer.save()

    assert "marigold@example.org" not in desk.get(LIST).text + desk.get(one(comment)).text
    assert not soup(desk.get(LIST, {"q": "marigold@example.org"})).select("td.field-name")


def test_the_page_of_a_purged_reply_has_no_words_and_no_buttons(desk, hold, sara):
    comment = hold()
    comment.reject(by=sara)
    Comment.objects.filter(pk=comment.pk).update(body="", name="", purged_at=timezone.now())

    page = soup(desk.get(one(comment)))

    assert "the time to keep its words was over" in page.get_text()
    assert not page.find("button", attrs={"name": "verdict"})
    assert not Comment.objects.get(pk=comment.pk).publish(by=sara)
