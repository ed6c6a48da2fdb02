"""Closing questions: their names, their order, their old words, what they told the author."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from blog import markup
from blog.models import Post, Question, Wording

pytestmark = pytest.mark.django_db


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def said(element) -> str:
    return " ".join(element.get_text().split())


@pytest.fixture
def write(desk, post):
    """Save the post's form in the admin, with these changes to its questions, by their words."""

    def save(changes=(), new=(), **facts):
        at = timezone.localtime(post.published_at)
        form = {"title": post.title, "slug": post.slug, "author": post.author_id}
        form |= {"body": post.body, "in_short": post.in_short}
        form |= {"published_at_0": f"{at:%Y-%m-%d}", "published_at_1": f"{at:%H:%M:%S}"}
        rows = [
            {"id": q.pk, "post": post.pk, "text": q.text, "position": q.position, "told": q.told}
            | dict(changes).get(q.text, {})
            for q in post.questions.all()
        ]
        form |= {"questions-INITIAL_FORMS": len(rows)}
        rows += [{"text": text, "position": position} for position, text in new]
        form |= {"questions-TOTAL_FORMS": len(rows)}
        form |= {
            f"questions-{number}-{field}": value
            for number, row in enumerate(rows)
            for field, value in row.items()
        }
        return desk.post(f"/admin/blog/post/{post.pk}/change/", form | facts, follow=True)

    return save


def order(post) -> list[str]:
    return list(post.questions.values_list("position", "text"))


def test_a_question_has_two_places_on_the_page_its_number_and_its_name(reader, post):
    page = soup(reader.get(post.get_absolute_url()))

    for number, question in enumerate(post.questions.all(), 1):
        named = page.find(id=f"q-{question.public_id}")
        assert question.text in said(named)
        assert named.find_parent(id=f"q{number}")


def test_no_place_on_the_page_has_its_name_twice(reader, post):
    post.body = "## q1\n\nA.\n\n## q-" + post.questions.first().public_id + "\n\nB.\n\n## What\n\nC"
    post.save()
    for question in post.questions.all():
        question.told = "## What\n\nShade[^1].\n\n[^1]: Us."
        question.save()

    ids = [element["id"] for element in soup(reader.get(post.get_absolute_url())).find_all(id=True)]

    assert len(ids) == len(set(ids))


def test_a_question_keeps_its_name_when_it_moves(write, post):
    before = dict(post.questions.values_list("text", "public_id"))

    write({"Who helps?": {"position": 1}})

    assert dict(post.questions.values_list("text", "public_id")) == before
    assert order(post)[0] == (1, "Who helps?")


@pytest.mark.parametrize(
    ("moved", "to", "result"),
    [
        ("Who helps?", 1, "Who helps? What cools you? When did you learn?"),
        ("Who helps?", 2, "What cools you? Who helps? When did you learn?"),
        ("What cools you?", 2, "When did you learn? What cools you? Who helps?"),
        ("What cools you?", 3, "When did you learn? Who helps? What cools you?"),
        ("What cools you?", "", "When did you learn? Who helps? What cools you?"),
        ("When did you learn?", 2, "What cools you? When did you learn? Who helps?"),
    ],
)
def test_a_question_goes_where_it_is_told_to(write, post, moved, to, result):
    write({moved: {"position": to}})

    assert " ".join(text for _number, text in order(post)) == result
    assert [number for number, _text in order(post)] == [1, 2, 3]


def test_a_new_question_takes_the_place_that_it_is_given(write, post):
    write(new=[(1, "How are you?")])

    assert order(post)[:2] == [(1, "How are you?"), (2, "What cools you?")]


def test_an_open_question_has_a_button_and_a_closed_one_a_sentence(reader, post):
    post.questions.filter(position=2).update(mode="closed")

    first, second, _third = soup(reader.get(post.get_absolute_url())).find_all(class_="ask")

    assert first.find("a", class_="button")["href"].endswith(post.questions.first().public_id)
    assert not second.find("a", class_="button")
    assert "This question takes no more answers." in said(second)


def test_a_question_is_not_more_open_than_its_post(reader, post):
    post.replies_mode = "closed"
    post.save()
    post.questions.update(mode="open")

    assert "Answer this" not in said(soup(reader.get(post.get_absolute_url())))


def test_more_questions_cost_no_more_queries(reader, post, django_assert_num_queries):
    reader.get(post.get_absolute_url())
    with CaptureQueriesContext(connection) as three:
        reader.get(post.get_absolute_url())
    for number in range(10):
        post.questions.create(text=f"And {number}?", position=number + 4, told="Much.")

    with django_assert_num_queries(len(three)):
        reader.get(post.get_absolute_url())


def test_what_the_author_was_told_stands_with_its_question_and_date(write, reader, post):
    write({"Who helps?": {"told": "Mostly **neighbours**."}})

    told = soup(reader.get(post.get_absolute_url())).find(id="q3").find(class_="told")

    assert said(told.h3) == "What you told me about question 3"
    assert told.strong.get_text() == "neighbours"
    assert told.time["datetime"] == f"{timezone.localdate():%Y-%m-%d}"


def test_what_the_author_was_told_may_link_to_our_own_posts(reader, post):
    question = post.questions.first()
    question.told = "See [that post](/2012/07/ccsvi/) ![x](/media/a.png) <b>x</b>"
    question.save()

    told = soup(reader.get(post.get_absolute_url())).find(class_="told")

    assert told.a["href"] == "/2012/07/ccsvi/"
    assert not told.find(["img", "b"])


def test_the_date_of_what_was_told_is_that_of_its_words(post):
    question = post.questions.first()
    question.told = "Shade."
    question.save()
    Question.objects.filter(pk=question.pk).update(told_at=timezone.now() - timedelta(days=9))
    question = post.questions.first()

    question.save()
    kept = question.told_at
    question.told = ""
    question.save()

    assert timezone.now() - kept > timedelta(days=8)
    assert question.told_at is None


def test_a_question_reworded_after_readers_saw_it_keeps_its_old_words(write, post):
    question = post.questions.first()
    seen = timezone.now()

    write({"What cools you?": {"text": "What cools you best?"}})
    now = post.questions.get(pk=question.pk)

    assert now.as_asked(seen) == "What cools you?"
    assert now.as_asked(timezone.now()) == "What cools you best?"


def test_a_draft_keeps_no_old_words(post, write):
    post.published_at = timezone.now() + timedelta(days=1)
    post.save()

    write({"What cools you?": {"text": "What cools you best?"}})

    assert not post.questions.get(position=1).wordings.exists()


@given(words=st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=6))
def test_at_every_moment_a_question_says_what_it_said_then(words):
    begin = timezone.now()
    question = Question(text=words[-1])
    question.earlier_wordings = [
        Wording(text=text, until=begin + timedelta(hours=number + 1))
        for number, text in enumerate(words[:-1])
    ]

    asked = [question.as_asked(begin + timedelta(hours=n, minutes=30)) for n in range(len(words))]

    assert asked == words


def test_the_admin_shows_the_earlier_words_for_reading_only(write, desk, post):
    write({"What cools you?": {"text": "What cools you best?"}})

    page = soup(desk.get(f"/admin/blog/post/{post.pk}/change/"))

    assert "“What cools you?”, until" in said(page)
    assert not page.find(attrs={"value": "What cools you?"})


def test_a_deleted_question_says_what_becomes_of_its_answers(write, post):
    response = write({"Who helps?": {"DELETE": "on"}})

    assert "“Who helps?” is deleted. Answers to it stay, as replies to the post." in said(
        soup(response)
    )
    assert order(post) == [(1, "What cools you?"), (2, "When did you learn?")]


def test_two_questions_never_have_one_name(post):
    first, second, _third = post.questions.all()

    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=second.pk).update(public_id=first.public_id)


@pytest.mark.parametrize("wrong", [{"mode": "odd"}, {"told": "Much."}, {"told_at": timezone.now()}])
def test_the_database_refuses_what_cannot_be(post, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        post.questions.update(**wrong)


@given(source=st.text(st.sampled_from("#-=![]()^:*_`1\n a<"), max_size=60))
def test_a_note_brings_no_place_into_the_page(source):
    html = markup.note_html(source)

    assert not BeautifulSoup(html, "html.parser").find(id=True)


@pytest.mark.parametrize("quiet", [("22:00", ""), ("", "07:00"), ("22:00", "22:00")])
def test_half_given_quiet_hours_are_said_beside_the_box(write, post, quiet):
    response = write(quiet_from=quiet[0], quiet_until=quiet[1])

    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert len(errors) == 1
    assert "Quiet hours" in said(soup(response).find(class_="errorlist"))


def test_a_post_gets_its_own_rules_for_replies(write, post):
    write(replies_mode="all", replies_close_after="30", quiet_from="22:00", quiet_until="07:00")

    post = Post.objects.get(pk=post.pk)
    assert (post.mode_for(None), post.replies_close_after) == ("all", 30)
    assert post.quiet_hours is not None


def test_the_form_says_what_holds_for_the_whole_site(desk, post, publication):
    publication.replies_mode, publication.replies_close_after = "all", 90
    publication.save()

    page = said(soup(desk.get(f"/admin/blog/post/{post.pk}/change/")))

    assert "New replies there: all wait. Replies close 90 days after a post appears." in page
    assert "There are no quiet hours." in page


def test_an_empty_choice_says_whose_rule_holds(desk, post):
    page = soup(desk.get(f"/admin/blog/post/{post.pk}/change/"))

    assert said(page.find(id="id_replies_mode").option) == "as for the whole site"
    assert said(page.find(id="id_questions-0-mode").option) == "as for the whole post"


def test_the_publication_says_its_rules_away_and_deputy(desk, sara, publication):
    form = {"name": "Slow Signal", "language": "en", "time_zone": "Europe/London"}
    form |= {"replies_mode": "all", "replies_close_after": "365", "is_away": "on"}
    form |= {"deputy": sara.pk, "replies_feed": "on", "quiet_from": "22:00", "quiet_until": "6:00"}

    desk.post("/admin/blog/publication/1/change/", form)
    publication.refresh_from_db()

    assert (publication.replies_mode, publication.replies_close_after) == ("all", 365)
    assert publication.is_away and publication.replies_feed and publication.deputy == sara


def test_saving_the_publication_untouched_opens_nothing(desk, publication):
    page = soup(desk.get("/admin/blog/publication/1/change/"))

    chosen = page.find(id="id_replies_mode").find("option", selected=True)
    assert chosen["value"] == "first"


def test_only_staff_can_be_deputy(desk, publication, django_user_model):
    django_user_model.objects.create_user("reader")

    deputies = soup(desk.get("/admin/blog/publication/1/change/")).find(id="id_deputy")

    assert [said(option) for option in deputies.find_all("option")][1:] == ["sara"]
