"""J3: a first-time commenter, with preview, without scripts."""

import pytest

from comments.models import Comment


@pytest.fixture
def writing(person, post):
    """Somebody who pressed “Answer this” under the second question."""
    return person.open(post.get_absolute_url()).follow("Answer this: question 2")


def complete(person, text="The peas.", name="Lantern"):
    return person.fill("Your answer", text).fill("Name to show", name).tick("Yes, show")


def test_the_form_repeats_the_question_it_answers(writing):
    assert writing.heading == "Your reply to question 2"
    assert writing.sees("When did you learn?")


def test_a_missing_name_is_said_on_top_and_the_words_stay(writing):
    writing.fill("Your answer", "The peas.").tick("Yes, show")

    writing.press("Read it through before sending")

    alert = writing.page.find(role="alert")
    assert "Please give a name to show. A nickname is fine." in alert.get_text()
    assert writing.page.find(id=alert.a["href"].removeprefix("#"))["name"] == "name"
    assert writing.value("Your answer") == "The peas."


def test_the_preview_shows_it_as_it_will_look_and_sends_nothing(writing):
    complete(writing).press("Read it through before sending")

    reply = writing.page.find("article", class_="reply").get_text()
    assert "Lantern" in reply and "The peas." in reply and "When did you learn?" in reply
    assert not Comment.objects.exists()


def test_change_it_leads_back_to_the_words(writing):
    complete(writing).press("Read it through before sending").press("Change it")

    assert writing.value("Your answer") == "The peas."
    assert writing.value("Name to show") == "Lantern"


def test_sent_it_is_held_and_the_page_says_what_happens_next(writing, post):
    complete(writing).press("Read it through before sending").press("Send it")

    assert writing.heading == "Thank you. Sara has your reply."
    assert writing.sees("usually within two days")
    assert Comment.objects.get().status == Comment.Status.PENDING
    assert not writing.open(post.get_absolute_url()).sees("The peas.")


def test_the_private_link_shows_it_and_takes_it_back(writing):
    complete(writing).press("Send").follow("See or remove my reply")
    assert writing.sees("The peas.") and writing.sees("waiting")

    writing.press("Take it back").press("Take my words back")

    assert not writing.sees("The peas.")
    comment = Comment.objects.get()
    assert (comment.status, comment.body, comment.name) == ("withdrawn", "", "")


def test_published_it_stands_under_the_post_with_its_question(writing, post, sara, another):
    complete(writing).press("Send")
    Comment.objects.get().publish(by=sara)

    page = another.open(post.get_absolute_url())

    reply = page.page.find("article", class_="reply").get_text()
    assert "The peas." in reply and "When did you learn?" in reply


def test_no_cookie_is_set_on_the_whole_way(writing):
    complete(writing).press("Read it through before sending").press("Send it")
    writing.follow("See or remove my reply")

    assert not writing.client.cookies
