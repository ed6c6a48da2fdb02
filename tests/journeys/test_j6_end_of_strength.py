"""J6: somebody at the end of their strength. Held, never refused; help first; somebody is told."""

import pytest

from comments.models import Comment, HelpLine
from tests.person import Person, said

WORDS = "I can't see a reason to keep going."


@pytest.fixture(autouse=True)
def _desk_can_be_reached(sara):
    sara.email = "sara@example.com"
    sara.save()
    HelpLine.objects.begin()


@pytest.fixture
def sent(person, post):
    """They answered a question with that sentence, and pressed Send."""
    person.open(post.get_absolute_url()).follow("Answer this: question 2")
    person.fill("Your answer", WORDS).fill("Name to show", "Grey Day").tick("Yes, show")
    return person.press("Send")


def test_the_same_thank_you_page_with_help_first_in_reading_order(sent):
    assert sent.heading == "Thank you. Sara has your reply."

    text = said(sent.page.main)
    assert -1 < text.find("116 123") < text.find("Thank you. Sara has your reply.")


def test_it_is_held_not_refused_and_not_called_a_fault(sent):
    comment = Comment.objects.get()

    assert (comment.status, comment.lane, comment.body) == ("pending", "care", WORDS)
    assert not sent.page.find(role="alert")


def test_sara_is_told_at_once_without_a_word_of_it(sent, mailoutbox, post):
    mail = mailoutbox[-1]

    assert mail.to == ["sara@example.com"] and "1 reply needs care" in mail.subject
    for secret in (WORDS, "Grey Day", post.title):
        assert secret not in mail.message().as_string()


def test_its_link_leads_to_that_lane_where_it_lies_alone(sent, mailoutbox, desk, post):
    Comment.objects.hold(client="x", post=post, name="Bram", body="Peas.")
    link = next(line for line in mailoutbox[-1].body.splitlines() if "/admin/" in line)

    page = Person(desk).open(link)

    assert page.sees("keep going") and not page.sees("Peas.")


def test_an_old_list_of_help_lines_is_still_shown(sent, time_machine):
    assert HelpLine.objects.overdue().exists()
    assert sent.sees("116 123")
