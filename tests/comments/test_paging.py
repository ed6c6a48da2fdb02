"""Large threads come in pages, and each reply has an address that leads to it, whatever comes."""

import time
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Page, Post
from comments.models import Comment, Writer
from comments.thread import A_PAGE


@pytest.fixture
def many(post):
    """Published replies, a minute apart: many(120), many(80, under=comment)."""

    def make(count, under=None, **facts):
        now, begun = timezone.now(), Comment.objects.count()
        writers = Writer.objects.bulk_create([Writer() for _ in range(count)])
        facts = {"post": post, "body": "A fan.", "body_html": "<p>A fan.</p>"} | facts
        rows = [
            Comment(
                writer=writer,
                name=f"Reader {begun + number}",
                status="published",
                lane="",
                waiting_since=None,
                published_at=now,
                created_at=now - timedelta(days=1) + timedelta(minutes=begun + number),
                consent_at=now,
                consent_wording="test",
                parent=under,
                root=under and (under.root or under),
                **facts,
            )
            for number, writer in enumerate(writers, 1)
        ]
        return Comment.objects.bulk_create(rows)

    return make


@pytest.fixture
def page(post, reader):
    """A page of the post's thread, as anybody gets it: page("?replies=2")."""

    def get(query=""):
        response = reader.get(post.get_absolute_url() + query)
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser")

    return get


@pytest.fixture
def follow(reader):
    """The page behind an address, and the element that its last part names, if it is there."""

    def go(address):
        response = reader.get(address, follow=True)
        landed = response.redirect_chain[-1][0] if response.redirect_chain else address
        html = BeautifulSoup(response.content, "html.parser")
        return html.find(id=landed.rpartition("#")[2])

    return go


def said(element):
    return " ".join(element.get_text().split())


def names(page):
    return [said(h3) for h3 in page.find(class_="thread").find_all("h3")]


def link(page, words):
    return next((a["href"] for a in page.find_all("a") if words in said(a)), None)


def test_a_small_thread_is_one_page_and_says_nothing_of_pages(many, page):
    many(A_PAGE)

    assert len(names(page())) == A_PAGE
    assert "Later replies" not in said(page())


def test_the_first_page_has_the_oldest_and_says_how_many_come_later(many, page):
    many(120)

    first = page()

    assert names(first) == [f"Reader {n}" for n in range(1, 51)]
    assert "Shown here: 1 to 50 of 120, oldest first." in said(first)
    assert "Later replies (70)" in said(first) and "Earlier replies" not in said(first)


def test_links_lead_through_all_pages_and_back(many, page, reader, post):
    many(130)
    seen, here = [], page()
    while True:
        seen += names(here)
        address = link(here, "Later replies")
        if not address:
            break
        here = BeautifulSoup(reader.get(address).content, "html.parser")

    assert seen == [f"Reader {n}" for n in range(1, 131)]
    assert "Earlier replies (100)" in said(here)
    assert link(page("?replies=2"), "Earlier replies") == f"{post.get_absolute_url()}#replies"


def test_a_last_page_of_a_few_is_not_worth_a_press(many, page):
    many(A_PAGE + 5)

    assert len(names(page())) == A_PAGE + 5


def test_the_newest_replies_are_one_press_away(many, page):
    many(300)

    assert link(page(), "The newest replies").endswith("?replies=6#replies")
    assert not link(page("?replies=5"), "The newest replies")


@pytest.mark.parametrize(
    "odd", ["-1", "0", "99999999999999999999", "1e9", "NaN", "٢", "2.0", "%00"]
)
def test_odd_numbers_show_some_page_of_the_thread(many, page, odd):
    many(120)

    assert names(page(f"?replies={odd}"))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_asked_for_is_answered_with_a_page(post, reader, number, question):
    response = reader.get(post.get_absolute_url(), {"replies": number, "answers": question})

    assert response.status_code == 200


def test_a_number_of_five_thousand_digits_is_the_first_page(many, page):
    many(60)

    assert names(page(f"?replies={'9' * 5000}"))


def test_answers_that_go_on_say_so_on_both_pages(many, show, page):
    first = show(name="Marigold")
    many(80, under=first)

    before, after = page(), page("?replies=2")

    assert link(before, "More answers to Marigold").endswith("?replies=2#replies")
    stub = after.find(class_="stub")
    assert said(stub) == "More answers to the reply by Marigold"
    assert stub.a["href"] == first.get_absolute_url()
    assert len(names(after)) == 31


def test_answers_that_end_with_their_page_do_not_go_on(many, page):
    first = many(1)[0]
    many(A_PAGE - 1, under=first)
    many(20)

    assert not link(page(), "More answers")


def test_answers_below_a_removed_reply_go_on_without_its_name(many, show, page):
    first = show(name="Marigold")
    many(80, under=first)
    first.withdraw()

    before, after = page(), page("?replies=2")

    assert "More answers to a removed reply" in said(before)
    assert said(after.find(class_="stub")) == "A reply was removed by its writer."
    assert "Marigold" not in said(before) + said(after)


def test_every_replys_own_address_leads_to_it_on_whichever_page(many, follow):
    replies = many(170)

    for comment in replies[::24]:
        assert said(follow(comment.get_absolute_url()).h3) == comment.name


def test_the_address_still_leads_there_when_earlier_answers_have_come(many, show, follow):
    first, *_others, late = [show(name="First"), *many(60)]
    before = late.get_absolute_url()
    many(70, under=first)

    assert said(follow(before).h3) == late.name


def test_the_link_below_a_reply_is_its_own_address(show, page):
    comment = show()

    assert link(page(), "Link to the reply by Marigold") == comment.get_absolute_url()


def test_a_replys_address_is_for_people_not_for_search_engines(show, reader):
    response = reader.get(show().get_absolute_url())

    assert response.status_code == 302
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("verdict", [None, "reject", "mark_spam"])
def test_a_reply_that_is_not_shown_is_as_unknown_as_none(hold, sara, reader, verdict):
    comment = hold()
    if verdict:
        getattr(comment, verdict)(by=sara)

    unknown = reader.get(reverse("comments:place", args=["nosuchreply"]))
    hidden = reader.get(comment.get_absolute_url())

    assert unknown.status_code == hidden.status_code == 404
    assert "Marigold" not in hidden.text


def test_the_address_of_a_reply_taken_back_says_so(show, reader, post):
    comment = show()
    comment.withdraw()

    response = reader.get(comment.get_absolute_url())

    assert response.status_code == 410
    assert "Its writer took it back." in response.text and post.title in response.text


def test_the_address_of_a_reply_under_a_withdrawn_post_does_not_name_it(show, reader, post):
    comment = show()
    Post.objects.filter(pk=post.pk).update(withdrawn_at=timezone.now())

    response = reader.get(comment.get_absolute_url())

    assert response.status_code == 410
    assert post.title not in response.text and "Marigold" not in response.text


def test_a_questions_answers_are_shown_alone_with_what_was_said_below_them(show, page, post):
    question, other = post.questions.all()[:2]
    show(name="Bo", question=other)
    answer = show(name="Ann", question=question)
    show(name="Cleo", parent=answer)
    show(name="Dov")

    view = page(f"?answers={question.public_id}")

    assert said(view.find(id="replies")) == "Answers to “What cools you?”"
    assert names(view) == ["Ann", "Cleo"]
    assert "One answer so far. Add your answer." in said(view)


def test_from_a_questions_answers_a_link_leads_back_to_all(show, page, post):
    question = post.questions.first()
    show(question=question), show(), show()

    view = page(f"?answers={question.public_id}")

    assert link(view, "All 3 replies to this post") == f"{post.get_absolute_url()}#replies"


def test_a_questions_answers_come_in_pages_too(many, page, post):
    question = post.questions.first()
    many(70, question=question)
    many(30)

    first = page(f"?answers={question.public_id}")

    assert "1 to 50 of 70" in said(first)
    assert link(first, "Later replies").endswith(f"?answers={question.public_id}&replies=2#replies")
    assert len(names(page(f"?answers={question.public_id}&replies=2"))) == 20


def test_an_unknown_question_shows_all_replies(show, page):
    show()

    assert said(page("?answers=nosuchquestion").find(id="replies")) == "Replies"


def test_a_question_that_is_closed_offers_no_way_to_answer_it(show, page, post):
    question = post.questions.first()
    show(question=question)
    post.questions.filter(pk=question.pk).update(mode="closed")

    assert "Add your answer" not in said(page(f"?answers={question.public_id}"))


def test_an_answer_stands_beside_the_question_as_it_was_asked(show, page, post):
    question = post.questions.first()
    before = show(question=question)
    question.text = "What keeps you cool?"
    question.save()
    after = show(question=question, name="Bram")

    thread = page()

    assert "“What cools you?”" in said(thread.find(id=before.anchor))
    assert "“What keeps you cool?”" in said(thread.find(id=after.anchor))


def test_parts_of_a_thread_are_not_for_search_engines_and_belong_to_the_post(many, page, post):
    many(60)

    whole, part = page(), page("?replies=2")

    assert not whole.find("meta", attrs={"name": "robots"})
    assert part.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert part.find("link", rel="canonical")["href"].endswith(post.get_absolute_url())


def test_a_reader_who_took_back_only_the_name_is_called_a_reader(show, page, reader, address):
    comment = show()
    show(name="Bram", parent=comment)
    Comment.objects.filter(pk=comment.pk).update(name="")

    thread = page()
    form = reader.get(f"{address}?to={comment.public_id}")

    assert said(thread.find(id=comment.anchor).h3) == "A reader"
    assert "to A reader" in said(thread)
    assert "Your reply to A reader" in form.text


def test_a_quote_of_somebody_without_a_name_is_a_readers(show, post):
    comment = show(may_quote=True)
    Comment.objects.filter(pk=comment.pk).update(name="")
    comment.refresh_from_db()
    comment.keep_quote()

    assert [quote.name for quote in post.quotes.all()] == ["A reader"]


def test_each_reply_can_be_reported(show, page):
    comment = show()

    address = link(page(), "Report the reply by Marigold")

    assert address == f"/replies/report/{comment.public_id}/"


@pytest.mark.parametrize("query", ["", "?replies=2", "?replies=100", "answers"])
def test_five_thousand_replies_cost_eight_queries_and_little_space(
    many, reader, post, sara, query, django_assert_max_num_queries
):
    Page.objects.create(slug="house-rules", title="House rules", body="Be gentle.")
    question = post.questions.first()
    first, *_others = many(4_000, question=question, body_html=f"<p>{'A fan. ' * 60}</p>")
    many(1_000, under=first, body_html=f"<p>{'A fan. ' * 60}</p>")
    first.hold_again(by=sara)
    query = f"?answers={question.public_id}" if query == "answers" else query

    with django_assert_max_num_queries(8):
        response = reader.get(post.get_absolute_url() + query)

    assert len(response.content) < 150_000
    assert response.text.count('class="panel reply"') >= A_PAGE - 1


def test_a_chain_of_a_thousand_replies_is_two_levels_and_quickly_drawn(many, page, post):
    chain = many(1)
    for _ in range(999):
        chain += many(1, under=chain[-1])
    start = time.process_time()

    first, last = page(), page("?replies=20")

    assert time.process_time() - start < 1
    assert len(first.find(class_="thread").find_all("ol")) == 1
    assert "to Reader 999" in said(last)


def test_replies_that_answer_each_other_in_a_circle_are_shown_once_each(many, page):
    one, two, three = many(3)
    for comment, above in [(one, two), (two, three), (three, one)]:
        Comment.objects.filter(pk=comment.pk).update(parent=above, root=above)

    assert sorted(names(page())) == ["Reader 1", "Reader 2", "Reader 3"]


def test_an_answer_to_another_posts_reply_names_nobody(many, page, post, show):
    other = Post.objects.create(title="B", slug="b", author=post.author, body="B.")
    elsewhere = show(name="Elsewhere", on=other)
    many(1, under=elsewhere)

    thread = said(page().find(class_="thread"))

    assert "to a reply that is not shown" in thread and "Elsewhere" not in thread


def test_answers_to_what_nobody_can_see_stay_under_a_line(many, hold, page):
    many(1, under=hold(name="Hidden"))

    thread = page().find(class_="thread")

    assert said(thread.find(class_="stub")) == "A reply that is not shown."
    assert "Hidden" not in said(thread)
