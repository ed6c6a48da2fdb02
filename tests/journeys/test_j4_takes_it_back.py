"""J4: who wrote a reply changes it or takes it back, without a reason and without scripts."""

import pytest

from comments.models import Comment


@pytest.fixture
def sent(person, post):
    """Somebody on the thank-you page."""
    person.open(post.get_absolute_url()).follow("Answer this: question 2")
    person.fill("Your answer", "The peas.").fill("Name to show", "Lantern").tick("Yes, show")
    return person.press("Send")


@pytest.fixture
def published(sent, sara):
    Comment.objects.get().publish(by=sara)
    return sent.follow("See or remove my reply")


def everywhere(another, post, desk):
    yield another.open(post.get_absolute_url()).page.get_text()
    yield another.client.get("/feed/").text
    yield desk.get("/admin/comments/comment/?state=all").text


def test_the_words_are_taken_back_and_gone_everywhere(published, another, post, desk):
    Comment.objects.get().answer(by=post.author.user, body="Thank you.")
    assert published.sees("It is published: everybody can read it.")

    published.press("Take it back").press("Take my words back")

    assert published.sees("You took this reply back on")
    assert not any("The peas." in page for page in everywhere(another, post, desk))
    assert another.open(post.get_absolute_url()).sees("A reply was removed by its writer.")


def test_only_the_name_is_taken_back(published, another, post, desk):
    published.press("Take it back").press("Take only my name back")

    assert published.sees("You took your name back.") and published.sees("The peas.")
    assert not any("Lantern" in page for page in everywhere(another, post, desk))
    assert another.open(post.get_absolute_url()).sees("The peas.")


def test_one_can_still_keep_it(published):
    published.press("Take it back").follow("Keep it as it is")

    assert published.sees("The peas.") and Comment.objects.get().is_published


def test_other_words_are_read_through_and_wait_while_the_old_ones_stay(published, another, post):
    published.follow("Change my reply").fill("Your words", "The beans.")
    published.press("Read it through before sending")
    assert published.sees("The beans.")

    published.press("Send it")

    assert published.sees("Your other words are waiting") and published.sees("The beans.")
    page = another.open(post.get_absolute_url())
    assert page.sees("The peas.") and not page.sees("The beans.")


def test_only_the_author_may_read_it_and_then_all_again(published, another, post, sara):
    published.press("Only Sara may read it")
    assert not another.open(post.get_absolute_url()).sees("The peas.")

    published.press("Offer it for the page again")

    assert published.sees("It is waiting.")
