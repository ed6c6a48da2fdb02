"""“Only the author may read it”: off the page at once, and back only when its writer says so."""

import pytest
from bs4 import BeautifulSoup

from comments.models import Comment
from newsletter.models import Quote

LIST = "/admin/comments/comment/"


def said(response):
    main = BeautifulSoup(response.content, "html.parser").main
    return " ".join(main.get_text().split())


@pytest.fixture
def press(reader):
    def go(step, comment):
        url = comment.writer.get_absolute_url()
        return reader.post(url, {"step": step, "reply": comment.public_id}, follow=True)

    return go


def test_one_press_takes_it_off_the_page_and_one_offers_it_again(press, show):
    comment = show()

    page = said(press("keep-private", comment))
    assert "It is not on the page. Only Sara and who helps with the replies can read it." in page
    assert Comment.objects.get().is_private

    page = said(press("offer-again", comment))
    assert "It is waiting." in page
    assert [c.pk for c in Comment.objects.waiting()] == [comment.pk]


def test_it_is_in_no_thread_count_feed_or_quote(press, show, reader, post):
    comment = show(body="Zanzolin.", may_quote=True)
    show(body="Thank you!", parent=comment)

    press("keep-private", comment)

    assert Comment.objects.counts([post]) == {post.pk: 1}
    assert not Quote.objects.exists()
    for url in (post.get_absolute_url(), "/", "/feed/", "/feed.json"):
        assert "Zanzolin" not in reader.get(url).text


def test_staff_reads_it_in_the_admin_and_can_decide_nothing(desk, show, sara):
    comment = show(body="Zanzolin.")
    comment.keep_private()

    page = desk.get(f"{LIST}{comment.pk}/change/")

    assert "Zanzolin." in page.text and "It cannot be published." in said(page)
    assert not BeautifulSoup(page.content, "html.parser").find("button", attrs={"name": "verdict"})
    assert "Zanzolin." in desk.get(LIST, {"state": "private"}).text


@pytest.mark.parametrize("verb", ["publish", "reject", "mark_spam", "hold_again"])
def test_nobody_of_us_undoes_what_its_writer_wants(desk, show, sara, verb):
    comment = show()
    comment.keep_private()

    desk.post(f"{LIST}{comment.pk}/change/", {"verdict": verb})
    desk.post(f"{LIST}?state=private", {"action": verb, "_selected_action": [comment.pk]})

    comment.refresh_from_db()
    assert comment.is_private


def test_one_of_us_keeps_it_private_and_can_undo_that(desk, hold):
    comment = hold()
    desk.post(f"{LIST}{comment.pk}/change/", {"verdict": "keep_private"})
    assert Comment.objects.get().is_private and not Comment.objects.get().is_private_by_wish

    desk.post(f"{LIST}{comment.pk}/change/", {"verdict": "hold_again"})

    assert Comment.objects.get().is_waiting


def test_a_name_taken_back_meanwhile_leaves_the_wish_as_it_was(show):
    comment = show()
    comment.keep_private()
    comment.drop_name()

    assert comment.is_private_by_wish


def test_a_private_reply_is_not_answered_on_the_page(desk, show):
    comment = show()
    comment.keep_private()

    assert desk.post(f"{LIST}{comment.pk}/change/", {"body": "Thank you."}).status_code == 403
    assert not comment.replies.exists()
