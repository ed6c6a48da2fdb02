"""What a post shows of its replies."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.template import Context, Template
from django.utils import timezone

from blog.models import Post
from comments.models import Comment


@pytest.fixture
def page(post, reader):
    """The post's page, as anybody gets it."""
    return lambda: BeautifulSoup(reader.get(post.get_absolute_url()).content, "html.parser")


@pytest.fixture
def draw(post):
    """One of the tags, drawn for a post just loaded."""

    def render(tag):
        fresh = Post.objects.prefetch_related("questions").get(pk=post.pk)
        context = Context({"post": fresh, "question": fresh.questions.all()[1]})
        html = Template(f"{{% load replies %}}{{% {tag} %}}").render(context)
        return BeautifulSoup(html, "html.parser")

    return render


def said(element):
    return " ".join(element.get_text().split())


def test_held_replies_are_in_no_public_page(hold, reader, post, sara):
    for number, verdict in enumerate([None, "reject", "mark_spam"]):
        comment = hold(body=f"Secret {number}", name=f"Hidden {number}")
        if verdict:
            getattr(comment, verdict)(by=sara)

    for address in (post.get_absolute_url(), "/", "/feed/", "/sitemap.xml"):
        response = reader.get(address)
        assert response.status_code == 200
        assert "Secret" not in response.text and "Hidden" not in response.text


def test_held_replies_are_in_no_count(hold, draw, post):
    hold(question=post.questions.all()[1])

    assert said(draw("reply_sentence post")) == "No replies yet. Add the first."
    link = draw("answers question").a
    assert said(link) == "No answers yet. Add the first. Question 2"
    assert said(link.find(class_="hear")) == "Question 2"  # two such links must differ


def test_a_published_reply_shows_name_question_day_and_words(show, page, post):
    comment = show(question=post.questions.first())
    Comment.objects.filter(pk=comment.pk).update(
        created_at=timezone.now().replace(year=2026, month=7, day=17, hour=12)
    )

    reply = page().find(id=comment.anchor)

    assert reply.h3.get_text() == "Marigold"
    assert said(reply.find(class_="small")) == "answering “What cools you?” · 17 July 2026"
    assert "A wet scarf." in said(reply)


def test_the_day_is_the_one_where_the_site_is(show, page, publication):
    publication.time_zone = "Pacific/Auckland"
    publication.save()
    comment = show()
    at = timezone.now().replace(year=2026, month=7, day=17, hour=23)
    Comment.objects.filter(pk=comment.pk).update(created_at=at)

    assert page().find(id=comment.anchor).time["datetime"] == "2026-07-18"


def test_the_authors_answer_has_the_badge_and_says_to_whom(show, sara, page):
    answer = show().answer(by=sara, body="Thank you.")

    reply = page().find(id=answer.anchor)

    assert "author" in reply["class"]
    assert said(reply.h3) == "Sara Author"
    assert said(reply.find(class_="small")).startswith("to Marigold ·")


def test_replies_stand_oldest_first_in_two_levels(show, sara, draw):
    first, second = show(name="First"), show(name="Second")
    below = show(name="Below", parent=first)
    show(name="Deeper", parent=below)
    second.answer(by=sara, body="Thanks.")

    thread = draw("thread post").find("ol")

    names = [
        [said(h3) for h3 in root.find_all("h3")] for root in thread.find_all("li", recursive=False)
    ]
    assert names == [["First", "Below", "Deeper"], ["Second", "Sara Author"]]
    assert len(thread.find_all("ol")) == 2


def test_a_reply_below_says_whom_it_answers(show, draw):
    below = show(name="Below", parent=show(name="First"))
    deeper = show(name="Deeper", parent=below)

    small = draw("thread post").find(id=deeper.anchor).find(class_="small")
    assert said(small).startswith("to Below ·")


def test_links_say_where_they_go_to_people_who_hear_them(show, sara, draw):
    answer = show().answer(by=sara, body="Thank you.")

    links = [said(a) for a in draw("thread post").find(id=answer.anchor).find_all("a")]
    assert links == [
        "Reply to Sara, answering Marigold",
        "Report the reply by Sara, answering Marigold",
        "Link to the reply by Sara, answering Marigold",
    ]


def test_the_reply_link_opens_the_form_for_that_reply(show, draw, reader):
    link = draw("thread post" if show() else "").find("footer").a["href"]

    assert "Your reply to Marigold" in said(BeautifulSoup(reader.get(link).content, "html.parser"))


def test_a_reply_taken_back_leaves_a_line_when_others_answered(show, sara, draw):
    comment = show()
    answer = comment.answer(by=sara, body="Thank you.")
    comment.withdraw()

    thread = draw("thread post")

    assert said(thread.find(class_="stub")) == "A reply was removed by its writer."
    small = thread.find(id=answer.anchor).find(class_="small")
    assert said(small).startswith("to a removed reply ·")
    assert "Marigold" not in said(thread)


def test_a_reply_taken_back_without_answers_leaves_nothing(show, draw):
    show().withdraw()

    assert said(draw("thread post")) == ""
    assert "No replies yet" in said(draw("reply_sentence post"))


def test_answers_to_a_reply_that_is_no_longer_shown_stay_and_do_not_name_it(show, sara, draw):
    comment = show(name="Hidden")
    comment.answer(by=sara, body="Thank you.")
    comment.reject(by=sara)

    thread = draw("thread post")

    assert said(thread.find(class_="stub")) == "A reply that is not shown."
    assert "Thank you." in said(thread) and "Hidden" not in said(thread)


def test_an_answer_to_a_hidden_answer_does_not_name_it(show, sara, draw):
    first = show()
    hidden = show(name="Hidden", parent=first)
    show(name="Deeper", parent=hidden)
    hidden.reject(by=sara)

    thread = said(draw("thread post"))

    assert "to a reply that is not shown" in thread and "Hidden" not in thread


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "One reply so far."), (4, "Four replies so far."), (11, "11 replies so far.")],
)
def test_the_sentence_counts_in_words_and_leads_to_the_form(show, draw, count, words):
    for number in range(count):
        show(name=f"Reader {number}")

    sentence = draw("reply_sentence post")

    assert said(sentence) == f"{words} Add your reply."
    assert sentence.a["href"] == "#reply"


def test_each_question_links_to_its_answers(show, draw, post):
    question = post.questions.all()[1]
    show(question=question)
    show(question=question, name="Bram")

    link = draw("answers question").a

    assert said(link) == "2 answers to question 2"
    address = f"{post.get_absolute_url()}?answers={question.public_id}#replies"
    assert link["href"] == address


def test_a_question_without_answers_leads_to_its_form(draw, post, address):
    named = post.questions.all()[1].public_id

    assert draw("answers question").a["href"] == f"{address}?question={named}"


def test_a_closed_post_shows_its_replies_and_no_way_to_add_one(show, draw, post):
    show()
    post.replies_closed_at = timezone.now()
    post.save()

    form, thread = draw("reply_form post"), draw("thread post")

    assert not form.find("form") and "Replies to this post are closed" in said(form)
    links = [said(a) for a in thread.find_all("a")]
    assert links == ["Report the reply by Marigold", "Link to the reply by Marigold"]
    assert said(draw("reply_sentence post")) == "One reply so far. Replies to this post are closed."
    assert not draw("answers question").a


def test_lists_count_with_one_query_for_all_posts(
    show, post, sara, draw, django_assert_num_queries
):
    other = Post.objects.create(title="B", slug="b", author=sara.author, body="B.")
    show(), show(name="Bram")
    posts = [post, other]

    with django_assert_num_queries(1):
        Template("{% load replies %}{% reply_counts posts %}").render(Context({"posts": posts}))

    assert [p.reply_count for p in posts] == [2, 0]


@pytest.mark.parametrize("replies", [1, 30])
def test_the_number_of_queries_does_not_grow_with_the_replies(
    show, sara, reader, post, replies, django_assert_max_num_queries
):
    first = show()
    for number in range(replies):
        show(name=f"Reader {number}", parent=first if number % 2 else None)

    with django_assert_max_num_queries(8):
        reader.get(post.get_absolute_url())


def test_the_number_of_queries_does_not_grow_with_what_is_hidden(
    show, sara, reader, post, django_assert_max_num_queries
):
    for number in range(10):
        parent = show(name=f"Reader {number}")
        show(name=f"Friend {number}", parent=parent)
        parent.hold_again(by=sara)

    with django_assert_max_num_queries(8):
        reader.get(post.get_absolute_url())


def test_replies_are_kept_out_of_search_engines_excerpts(show, draw):
    show()

    assert draw("thread post").find("ol").has_attr("data-nosnippet")


def test_replies_stand_by_when_they_were_written_not_by_when_they_were_published(show, draw):
    late, early = show(name="Late"), show(name="Early")
    Comment.objects.filter(pk=early.pk).update(created_at=late.created_at - timedelta(days=1))

    assert [said(h3) for h3 in draw("thread post").find_all("h3")] == ["Early", "Late"]
