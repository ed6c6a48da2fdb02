"""Only who ticked the box is quoted, and only while everybody can read it under the post."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core import management
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.models import Comment
from newsletter.models import Edition, IssueQuote, Quote

TICK = "Sara may also quote it in the newsletter (optional)."


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def said(response):
    return " ".join(soup(response).main.get_text().split())


@pytest.fixture
def press(reader):
    """A button on the private page: press("quote", comment)."""

    def go(step, comment, browser=reader):
        url = comment.writer.get_absolute_url()
        return browser.post(url, {"step": step, "reply": comment.public_id}, follow=True)

    return go


# The tick -----------------------------------------------------------------------------------------


def test_the_form_asks_apart_and_ticks_nothing(reader, address):
    box = soup(reader.get(address)).find(id="quote")

    assert box.find_parent("label").get_text(strip=True) == TICK
    assert not box.has_attr("checked") and not box.has_attr("required")


@pytest.mark.parametrize("query", ["?quote=on", "?quote=1&consent=on"])
def test_no_link_ticks_it_for_anybody(reader, address, query):
    assert not soup(reader.get(address + query)).find(id="quote").has_attr("checked")


def test_without_the_tick_nothing_may_be_quoted(send, sara):
    send()
    comment = Comment.objects.get()
    comment.publish(by=sara)

    assert not comment.may_quote
    assert not Quote.objects.exists()


def test_the_tick_is_kept_with_its_time(send):
    send(quote="on")

    comment = Comment.objects.get()
    assert comment.may_quote
    assert timezone.now() - comment.may_quote_since < timedelta(minutes=1)


def test_the_tick_is_kept_when_something_else_is_missing(send):
    assert soup(send(name="", quote="on")).find(id="quote").has_attr("checked")


def test_reading_it_through_says_whether_and_carries_the_tick(send, reader, address):
    page = send(step="check", quote="on")
    fields = {i["name"]: i["value"] for i in soup(page).main.find_all("input", type="hidden")}
    reader.post(address, fields | {"step": "send"})

    assert "You allowed a quote in the newsletter." in said(page)
    assert Comment.objects.get().may_quote


def test_reading_it_through_says_that_it_was_not_allowed(send, reader, address):
    page = send(step="check")
    fields = {i["name"]: i["value"] for i in soup(page).main.find_all("input", type="hidden")}
    reader.post(address, fields | {"step": "send"})

    assert "You did not allow a quote in the newsletter." in said(page)
    assert not Comment.objects.get().may_quote


@pytest.mark.parametrize("tick", [{"quote": "on"}, {}])
def test_changing_it_shows_the_tick_as_it_was(send, tick):
    assert soup(send(step="change", **tick)).find(id="quote").has_attr("checked") == bool(tick)


@pytest.mark.parametrize(("first", "last"), [({"quote": "on"}, {}), ({}, {"quote": "on"})])
def test_sent_twice_the_last_word_on_quoting_counts(send, first, last):
    send(**first)
    send(**last)

    assert Comment.objects.get().may_quote == bool(last)


# What becomes a quote -----------------------------------------------------------------------------


def test_a_held_reply_is_no_quote(hold):
    hold(may_quote=True)

    assert not Quote.objects.exists()


def test_published_it_is_one_with_its_words_name_and_place(show):
    comment = show("A *wet* scarf.\nAnd [ice](https://ice.example/).", "Bram", may_quote=True)

    quote = Quote.objects.get()
    assert (quote.text, quote.name) == (
        "A wet scarf.\nAnd ice (https://ice.example/).",
        "Bram",
    )
    assert quote.path == f"{comment.post.get_absolute_url()}#{comment.anchor}"


@pytest.mark.parametrize("body", ["> ", "***", "- ", "[](https://x.example/)", "\\"])
def test_a_reply_of_marks_alone_can_still_be_published(show, body):
    assert show(body, may_quote=True).is_published
    assert Quote.objects.get().text


def test_the_authors_own_answer_is_no_quote(show, sara):
    answer = show().answer(by=sara, body="Thank you.")

    assert not answer.let_quote(True)
    assert not Quote.objects.exists()


@pytest.mark.parametrize("verdict", ["reject", "mark_spam", "hold_again"])
def test_a_decision_against_it_ends_the_quote_and_its_undo_brings_it_back(show, sara, verdict):
    comment = show(may_quote=True)

    getattr(comment, verdict)(by=sara)
    assert not Quote.objects.exists()

    comment.publish(by=sara)
    assert Quote.objects.exists()


def test_a_desk_that_read_the_row_before_still_ends_it(show, sara):
    comment = show()
    on_the_desk = Comment.objects.get(pk=comment.pk)
    comment.let_quote(True)

    on_the_desk.reject(by=sara)

    assert not Quote.objects.exists()


def test_changed_words_and_names_are_what_is_quoted(show):
    comment = show("Old words.", "Old Name", may_quote=True)
    Comment.objects.filter(pk=comment.pk).update(body="New words.", name="Somebody")
    comment.refresh_from_db()
    comment.keep_quote()

    quote = Quote.objects.get()
    assert (quote.text, quote.name) == ("New words.", "Somebody")


def test_a_quote_that_cannot_be_made_undoes_the_decision(hold, sara, monkeypatch):
    comment = hold(may_quote=True)
    monkeypatch.setattr("blog.markup.reader_text", lambda source: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        comment.publish(by=sara)

    comment.refresh_from_db()
    assert comment.is_waiting and not comment.decisions.exists()


VERBS = ["publish", "reject", "mark_spam", "hold_again", "withdraw", "allow", "forbid"]


@given(history=st.lists(st.sampled_from(VERBS), max_size=12))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_there_is_a_quote_exactly_while_it_is_public_and_allowed(
    hold, sara, history
):
    with transaction.atomic():
        comment = hold()
        for verb in history:
            act(comment, verb, sara)
            quotes = list(Quote.objects.values_list("text", "name"))
            expected = comment.is_published and comment.may_quote
            assert quotes == ([(comment.body, comment.name)] if expected else [])
        transaction.set_rollback(True)


def act(comment, verb, sara):
    if verb in {"allow", "forbid"}:
        return comment.let_quote(verb == "allow")
    return comment.withdraw() if verb == "withdraw" else getattr(comment, verb)(by=sara)


# Taken back ---------------------------------------------------------------------------------------


def test_the_private_page_says_whether_and_one_press_changes_it(press, show, reader):
    comment = show(may_quote=True)
    page = reader.get(comment.writer.get_absolute_url())
    assert "Sara may quote it in the newsletter while it is published." in said(page)

    page = press("do-not-quote", comment)

    assert "You do not allow a quote in the newsletter." in said(page)
    assert not Quote.objects.exists()
    comment.refresh_from_db()
    assert (comment.may_quote, comment.may_quote_since) == (False, None)
    assert comment.is_published and comment.body


def test_it_can_be_allowed_later_too(press, show):
    comment = show()
    page = press("quote", comment)

    assert "Sara may quote it in the newsletter" in said(page)
    assert Quote.objects.get().text == "A wet scarf."


@pytest.mark.parametrize("step", ["quote", "do-not-quote"])
def test_another_sites_button_changes_nothing_and_says_so(press, show, step):
    comment = show(may_quote=step == "do-not-quote")

    page = press(step, comment, browser=Client(headers={"Sec-Fetch-Site": "cross-site"}))

    assert page.status_code == 403
    assert "Nothing has changed. Please press the button once more." in said(page)
    assert Quote.objects.exists() == (step == "do-not-quote")


def test_no_get_changes_it(reader, show):
    comment = show(may_quote=True)
    reader.get(
        comment.writer.get_absolute_url(), {"step": "do-not-quote", "reply": comment.public_id}
    )

    assert Quote.objects.exists()


def test_nobody_allows_it_for_somebody_else(press, show, reader):
    comment, other = show(), show(name="Bram")
    url = comment.writer.get_absolute_url()

    reader.post(url, {"step": "quote", "reply": other.public_id})

    assert not Quote.objects.exists()


def test_words_taken_back_cannot_be_quoted_again(press, show):
    comment = show(may_quote=True)
    press("remove", comment)
    press("quote", comment)

    comment.refresh_from_db()
    assert not comment.may_quote and comment.may_quote_since is None
    assert not comment.let_quote(True)
    assert not Quote.objects.exists()


def test_what_was_taken_back_is_nowhere_in_the_database_whatever_quoted_it(
    show, publication, capsys
):
    comment = show("xyzzy words", "Plugh", may_quote=True)
    long_ago = timezone.now() - timedelta(days=30)
    weekly = Edition.objects.create(kind="weekly", since=long_ago, switched_on_at=long_ago)
    issue = weekly.compose(timezone.now())
    IssueQuote.objects.choose(issue, Quote.objects.all())
    issue.subject, issue.text, issue.html = issue.as_it_stands()
    issue.save()
    assert "xyzzy" in issue.text and "Plugh" in issue.html

    comment.withdraw()
    capsys.readouterr()
    management.call_command("dumpdata")

    dump = capsys.readouterr().out
    assert comment.public_id in dump
    assert "xyzzy" not in dump and "Plugh" not in dump


@pytest.mark.django_db(transaction=True)
def test_published_and_forbidden_at_once_it_is_no_quote(hold, sara, at_once):
    for number in range(5):
        comment = hold(f"Words {number}.", may_quote=True)
        at_once(
            lambda pk=comment.pk: Comment.objects.get(pk=pk).publish(by=sara),
            lambda pk=comment.pk: Comment.objects.get(pk=pk).let_quote(False),
        )

    assert Comment.objects.published().filter(may_quote=False).count() == 5
    assert not Quote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_chosen_and_taken_back_at_once_it_is_in_no_letter(show, at_once):
    weekly = Edition.objects.weekly()
    for number in range(5):
        comment = show(f"Words {number}.", may_quote=True)
        issue = weekly.issues.create(period=timezone.now() + timedelta(days=number))
        quote = Quote.objects.get()
        at_once(
            lambda issue=issue, quote=quote: IssueQuote.objects.choose(issue, [quote]),
            lambda pk=comment.pk: Comment.objects.get(pk=pk).withdraw(),
        )
        assert not Quote.objects.exists()
        issue.cancel()

    assert Comment.objects.filter(status="withdrawn").count() == 5
    assert not IssueQuote.objects.exists()


# What moderators see ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("may_quote", "sentence"),
    [
        (True, "Its writer allows a quote in the newsletter."),
        (False, "Its writer does not allow a quote in the newsletter."),
    ],
)
def test_a_moderator_sees_whether_it_may_be_quoted(desk, hold, may_quote, sentence):
    comment = hold(may_quote=may_quote)

    assert sentence in desk.get(f"/admin/comments/comment/{comment.pk}/change/").text


def test_no_moderator_can_give_the_permission(desk, hold):
    comment = hold()
    url = f"/admin/comments/comment/{comment.pk}/change/"
    desk.post(url, {"verdict": "publish", "may_quote": "on", "quote": "on"})

    comment.refresh_from_db()
    assert comment.is_published and not comment.may_quote
    assert not Quote.objects.exists()


# What the database refuses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [{"may_quote": True}, {"may_quote_since": timezone.now()}],
)
def test_a_permission_has_its_time(hold, facts):
    comment = hold()
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**facts)


def test_what_was_taken_back_allows_nothing(hold):
    comment = hold()
    comment.withdraw()
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(may_quote=True, may_quote_since=timezone.now())
