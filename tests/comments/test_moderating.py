"""Replies in the admin: what waits first, decisions on one or many, the author's answer."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.test import Client

from blog.models import Author
from comments.models import Comment

LIST = "/admin/comments/comment/"


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def one(comment):
    return f"{LIST}{comment.pk}/change/"


@pytest.fixture
def staff(publication):
    """Somebody on the staff with these permissions on replies only: staff("view", "change")."""

    def make(*permissions):
        user = User.objects.create_user("mod", password="mod", is_staff=True)
        names = [f"{name}_comment" for name in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def act(desk):
    """Tick replies and run an action: act("publish", comment, comment)."""

    def run(action, *comments, browser=desk, where=LIST):
        data = {"action": action, "_selected_action": [c.pk for c in comments]}
        return browser.post(where, data, follow=True)

    return run


def names_in(response):
    return [cell.get_text() for cell in soup(response).select("td.field-name")]


def test_the_list_shows_what_waits_the_oldest_on_top(hold, show, desk):
    hold(name="First"), hold(name="Second"), show(name="Public")

    assert names_in(desk.get(LIST)) == ["First", "Second"]


@pytest.mark.parametrize("state", ["published", "rejected", "spam", "withdrawn", "all"])
def test_other_states_are_a_filter_away(hold, sara, desk, state):
    published, rejected, spam, withdrawn, _waiting = (hold() for _ in range(5))
    published.publish(by=sara), rejected.reject(by=sara), spam.mark_spam(by=sara)
    withdrawn.withdraw()

    rows = names_in(desk.get(LIST, {"state": state}))

    assert len(rows) == (5 if state == "all" else 1)


def test_many_are_published_in_one_press_each_with_its_decision(hold, act, sara):
    replies = [hold() for _ in range(3)]

    page = act("publish", *replies)

    assert "3 replies are now: published." in page.text
    assert Comment.objects.published().count() == 3
    assert all(r.decisions.get().by == sara for r in replies)


@pytest.mark.parametrize(
    ("action", "state"), [("reject", "rejected"), ("mark_spam", "spam"), ("publish", "published")]
)
def test_each_action_does_what_its_words_say_and_can_be_undone(hold, act, action, state):
    comment = hold()
    act(action, comment)
    comment.refresh_from_db()
    assert comment.status == state

    act("hold_again", comment, where=f"{LIST}?state={state}")

    comment.refresh_from_db()
    assert comment.is_waiting


def test_the_actions_are_named_in_words(hold, desk):
    hold()
    options = [o.get_text() for o in soup(desk.get(LIST)).select("select[name=action] option")]

    assert options[1:] == ["Publish", "Do not publish", "Spam", "Back to the queue"]


def test_what_was_so_already_is_said(show, act):
    page = act("publish", show(), where=f"{LIST}?state=all")

    assert "One reply stayed as it was" in page.text


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("publish", "published"), ("reject", "rejected"), ("mark_spam", "spam")],
)
def test_one_reply_is_decided_on_its_own_page(hold, desk, verdict, state):
    comment = hold()
    assert soup(desk.get(one(comment))).find("button", value=verdict)

    desk.post(one(comment), {"verdict": verdict})

    comment.refresh_from_db()
    assert comment.status == state


def test_its_page_shows_where_it_belongs_and_its_history(hold, desk, sara, post):
    comment = hold(question=post.questions.first())
    comment.reject(by=sara)

    page = " ".join(soup(desk.get(one(comment))).get_text().split())

    assert "answering “What cools you?”" in page
    assert "waiting → not published, by sara" in page


def test_a_reply_taken_back_is_in_the_history_as_its_writers_doing(show, desk):
    comment = show()
    comment.withdraw()

    page = " ".join(soup(desk.get(one(comment))).get_text().split())

    assert "published → taken back, by its writer" in page
    assert not soup(desk.get(one(comment))).find("button", attrs={"name": "verdict"})


def test_nobody_edits_a_readers_words(hold, desk):
    comment = hold()

    desk.post(one(comment), {"name": "Other", "body": "", "text": "Other words", "_save": "Save"})

    comment.refresh_from_db()
    assert (comment.name, comment.body) == ("Marigold", "A wet scarf.")
    assert not soup(desk.get(one(comment))).find("input", attrs={"name": "name"})


def test_text_with_html_is_shown_as_text(hold, desk):
    comment = hold(body="<script>alert(1)</script>", name="<b>Bram</b>")

    for page in (desk.get(LIST), desk.get(one(comment))):
        assert "<script>alert(1)" not in page.text and "<b>Bram" not in page.text
        assert "&lt;script&gt;" in page.text and "&lt;b&gt;Bram" in page.text


def test_why_it_looks_odd_is_said_in_words(send, desk):
    send(website="https://watches.example")

    assert "A field that people cannot see was filled in." in desk.get(LIST).text


def test_the_author_answers_and_the_answer_is_public_with_the_badge(show, desk, reader, post):
    desk.post(one(show()), {"body": "Thank you, Marigold."})

    page = soup(reader.get(post.get_absolute_url()))
    answer = page.find("article", class_="author")
    assert "Thank you, Marigold." in answer.get_text() and answer.b.get_text() == "Author"


def test_a_waiting_reply_can_be_published_and_answered_in_one_press(hold, desk):
    comment = hold()
    button = soup(desk.get(one(comment))).find("button", attrs={"name": "publish"})
    assert button.get_text() == "Publish the reply and answer"

    desk.post(one(comment), {"body": "Thank you.", "publish": "1"})

    comment.refresh_from_db()
    assert comment.is_published and comment.replies.get().is_published


def test_an_empty_answer_is_refused_in_words(show, desk):
    comment = show()

    response = desk.post(one(comment), {"body": " "})

    assert response.status_code == 400
    assert "Please write your answer first." in response.text
    assert not comment.replies.exists()


def test_somebody_who_is_no_author_cannot_answer_and_is_told_why(show, staff):
    comment, moderator = show(), staff("view", "change")
    assert "Your account belongs to no author" in moderator.get(one(comment)).text

    response = moderator.post(one(comment), {"body": "Words to keep."})

    assert response.status_code == 403
    assert "Words to keep." in response.text
    assert not comment.replies.exists()


def test_an_author_who_does_not_moderate_answers_what_is_published(show, hold, staff):
    client = staff("view")
    Author.objects.create(name="Ann", slug="ann", user=User.objects.get(username="mod"))
    published, waiting = show(), hold()

    for comment in (published, waiting):
        client.post(one(comment), {"body": "Thank you.", "publish": "1"})
        client.post(one(comment), {"body": "Thank you."})

    assert published.replies.get().name == "Ann"
    assert not waiting.replies.exists()
    assert Comment.objects.get(pk=waiting.pk).status == "pending"


def test_an_answer_to_words_taken_back_meanwhile_is_not_kept(show, sara):
    comment = show()
    Comment.objects.get(pk=comment.pk).withdraw()

    assert comment.answer(by=sara, body="Thank you.") is None
    assert not comment.replies.exists()


def test_a_reply_taken_back_cannot_be_answered(show, desk):
    comment = show()
    comment.withdraw()

    assert desk.post(one(comment), {"body": "Thank you."}).status_code == 403
    assert not comment.replies.exists()


def test_who_may_only_look_can_only_look(hold, staff, act):
    comment, viewer = hold(), staff("view")
    assert viewer.get(LIST).status_code == 200
    page = soup(viewer.get(one(comment)))
    assert not page.find("button", attrs={"name": "verdict"}) and not page.find("textarea")

    act("publish", comment, browser=viewer)
    for data in ({"verdict": "publish"}, {"body": "Hello"}, {"_save": "1"}):
        assert viewer.post(one(comment), data).status_code == 403

    comment.refresh_from_db()
    assert comment.is_waiting and not comment.decisions.exists()


def test_who_may_change_replies_may_decide(hold, staff, act):
    comment = hold()

    act("publish", comment, browser=staff("view", "change"))

    comment.refresh_from_db()
    assert comment.is_published


@pytest.mark.parametrize("page", [LIST, "{one}", LIST + "add/", "{delete}"])
def test_staff_without_a_right_sees_nothing(hold, staff, page):
    comment = hold()
    url = page.format(one=one(comment), delete=f"{LIST}{comment.pk}/delete/")

    assert staff().get(url).status_code == 403


def test_strangers_are_asked_to_log_in(hold, reader):
    assert "/admin/login/" in reader.get(one(hold())).url


def test_nothing_is_added_or_deleted_here(hold, desk, act):
    comment = hold()

    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(f"{LIST}{comment.pk}/delete/", {"post": "yes"}).status_code == 403
    act("delete_selected", comment)
    assert Comment.objects.filter(pk=comment.pk).exists()


def test_a_decision_needs_the_admins_own_token(hold, sara):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sara)
    comment = hold()

    assert strict.post(one(comment), {"verdict": "publish"}).status_code == 403
    comment.refresh_from_db()
    assert comment.is_waiting


@pytest.mark.parametrize("key", ["0", "999999", "x", "1 OR 1=1", "9" * 30])
def test_a_reply_that_is_not_there_leads_back_without_an_error(desk, key):
    assert desk.get(f"{LIST}{key}/change/").status_code in {302, 404}


@pytest.mark.parametrize("url", [LIST, "{one}"])
def test_the_pages_have_no_inline_script_or_style(hold, desk, url):
    page = soup(desk.get(url.format(one=one(hold()))))

    assert all(script.has_attr("src") for script in page.find_all("script"))
    assert not page.find("style") and not page.find(style=True)
    assert not any(name.startswith("on") for tag in page.find_all() for name in tag.attrs)


def test_a_list_of_many_takes_no_more_queries(hold, desk, django_assert_max_num_queries):
    for _ in range(30):
        hold()

    with django_assert_max_num_queries(12):
        desk.get(LIST)
