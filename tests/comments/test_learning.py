"""The learned filter: taught by decisions alone, in any order, however often a worker dies."""

import math
import time
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Author, Post
from comments import learning, vocabulary
from comments.models import Comment, Word
from comments.models.lessons import LESSONS, learn
from comments.tasks import tidy

HONEST = "The cool scarf helped me through August, and so did my sister."
SPAM = "Buy cheap pills now at https://www.pills.example/order, 100% CHEAP!!!"
VERBS = [
    "publish",
    "reject",
    "mark_spam",
    "hold_again",
    "withdraw",
    "other words",
    "learn",
    "purge",
]


def counted():
    """What the filter knows, words of nothing left out."""
    return {
        row.text: (row.spam, row.ham)
        for row in Word.objects.all()
        if row.text or row.spam + row.ham
    }


def from_scratch():
    """What it should know, by the states of today."""
    spam, ham = Counter(), Counter()
    for reply in Comment.objects.filter(status__in=LESSONS, purged_at=None):
        (spam if reply.status == "spam" else ham).update(["", *vocabulary.words_in(reply.body)])
    return {text: (spam[text], ham[text]) for text in spam | ham}


@pytest.fixture
def teach(hold, sara):
    """So many replies of each kind, decided and learned from."""

    def make(times=learning.ENOUGH):
        for number in range(times):
            hold(f"{HONEST} Thanks, for the {number}th time.").publish(by=sara)
            hold(f"{SPAM} Offer {number}.").mark_spam(by=sara)
        learning.catch_up()

    return make


def test_with_few_decisions_it_has_no_opinion(teach):
    teach(learning.ENOUGH - 1)

    assert learning.opinion(SPAM) == learning.Opinion(None, [])


def test_what_looks_like_spam_of_before_is_told_from_what_does_not(teach):
    teach()

    assert learning.opinion("Cheap pills, buy now").holds
    assert learning.opinion("My sister and a cool scarf").spam < 0.1


def test_words_that_were_never_seen_say_nothing(teach):
    teach()

    assert learning.opinion("Qwertz uiop.").spam == 0.5


def test_it_says_which_words_speak_for_spam(teach):
    teach()

    words = learning.opinion("Thanks, my sister bought CHEAP pills at https://pills.example").words

    assert {"cheap", "CHEAP", "pills"} <= set(words)
    assert not {"my", "sister", "thanks"} & set(words)


def test_an_opinion_is_one_query(teach, django_assert_num_queries):
    teach()

    with django_assert_num_queries(1):
        learning.opinion(SPAM)


def test_an_opinion_changes_no_reply(teach, hold):
    teach()
    reply = hold(SPAM)

    learning.opinion(reply.body)

    reply.refresh_from_db()
    assert (reply.status, reply.lesson, reply.decisions.count()) == ("pending", "", 0)


@pytest.mark.django_db(transaction=True)
def test_a_decision_rings_for_its_lesson(hold, sara):
    reply = hold(SPAM)

    reply.mark_spam(by=sara)

    assert counted() == from_scratch() != {}


def test_what_nobody_rang_for_is_learned_by_the_next_tidying(hold, sara):
    hold(HONEST).publish(by=sara)

    tidy()

    assert counted() == from_scratch() != {}
    assert not Comment.objects.untaught().exists()


def test_undoing_a_decision_takes_the_lesson_back(hold, sara):
    reply = hold(SPAM)
    reply.mark_spam(by=sara)
    reply.learn()

    reply.hold_again(by=sara)
    reply.learn()

    assert counted() == {}


def test_another_decision_teaches_the_other_thing(hold, sara):
    reply = hold(HONEST)
    reply.mark_spam(by=sara)
    reply.learn()

    reply.publish(by=sara)
    reply.learn()

    assert (reply.lesson, counted()["scarf"]) == ("ham", (0, 1))


def test_words_taken_back_leave_the_filter_in_the_same_moment(hold, sara):
    reply = hold(HONEST)
    reply.publish(by=sara)
    reply.learn()

    reply.withdraw()

    assert counted() == {}


def test_a_withdrawal_that_fails_keeps_words_and_lesson(hold, sara, monkeypatch):
    reply = hold(HONEST)
    reply.publish(by=sara)
    reply.learn()
    monkeypatch.setattr(Comment, "follow_up", lambda self: 1 / 0)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        reply.withdraw()

    assert counted() == from_scratch() != {}


def test_spam_whose_words_are_purged_stays_known(hold, sara):
    reply = hold(SPAM)
    reply.mark_spam(by=sara)
    reply.learn()
    before = counted()
    Comment.objects.filter(pk=reply.pk).update(body="", purged_at=timezone.now())

    tidy()

    assert counted() == before


def test_taken_back_after_its_words_were_purged_it_stays_counted(hold, sara):
    reply = hold(SPAM)
    reply.mark_spam(by=sara)
    reply.learn()
    before = counted()
    reply.purge()

    assert reply.withdraw()
    assert counted() == before


def test_what_an_author_answers_is_no_spam(show, sara):
    show("A fan.").answer(by=sara, body=HONEST)

    learning.catch_up()

    assert counted() == from_scratch()
    assert counted()["scarf"] == (0, 1)


def test_learning_of_a_reply_that_is_gone_is_no_error(hold, sara):
    reply = hold(SPAM)
    reply.mark_spam(by=sara)
    Comment.objects.filter(pk=reply.pk).delete()

    assert not reply.learn()
    learn(reply.pk)

    assert counted() == {}


def test_counts_of_other_words_never_go_below_nothing(hold, sara):
    """A release may count other words than the one that taught them."""
    reply = hold(HONEST)
    reply.publish(by=sara)
    reply.learn()
    Word.objects.exclude(text="scarf").delete()

    reply.withdraw()

    assert counted() == {}


@pytest.mark.django_db(transaction=True)
def test_a_reply_teaches_once_however_many_workers_learn_from_it(hold, sara, at_once):
    reply = hold(HONEST)
    with transaction.atomic():
        reply.publish(by=sara)
        Comment.objects.filter(pk=reply.pk).update(lesson="")

    at_once(*[lambda: learn(reply.pk)] * 4)

    assert counted() == from_scratch()


@pytest.mark.django_db(transaction=True)
def test_replies_learned_at_the_same_time_all_count(hold, sara, at_once):
    replies = [hold(f"{HONEST} {word}") for word in ("one", "two", "three", "four")]
    for reply in replies:
        Comment.objects.filter(pk=reply.pk).update(status="spam", lane="", waiting_since=None)

    at_once(*[lambda pk=reply.pk: learn(pk) for reply in replies])

    assert counted() == from_scratch()
    assert counted()["scarf"] == (4, 0)


class Killed(Exception):
    pass


def test_a_worker_killed_in_the_middle_has_taught_nothing(hold, sara, monkeypatch):
    reply = hold(HONEST)
    reply.publish(by=sara)

    def die(self, *args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.query.QuerySet.update", die)
        with pytest.raises(Killed), transaction.atomic():
            Comment.objects.get(pk=reply.pk).learn()
    assert counted() == {}

    tidy()

    assert counted() == from_scratch() != {}


@pytest.fixture
def ground(db):
    """What examples share: each example's own rows are rolled back."""
    user = User.objects.create(username="mod")
    author = Author.objects.create(name="Ada", slug="ada", user=user)
    post = Post.objects.create(title="P", slug="p", author=author, in_short="a", body="b")
    return user, post


def decide(verb, reply, user):
    if verb == "other words":  # as an accepted change does
        with transaction.atomic():
            reply.unlearn()
            rows = Comment.objects.filter(pk=reply.pk).exclude(body="")
            rows.update(body=f"other {reply.body}"[:90])
    elif verb == "purge":  # of what was not published
        with transaction.atomic():
            reply.refresh_from_db()
            if reply.status == "rejected":
                reply.unlearn()
                Comment.objects.filter(pk=reply.pk).update(body="", purged_at=timezone.now())
    elif verb in ("learn", "withdraw"):
        getattr(reply, verb)()
    elif not Comment.objects.filter(pk=reply.pk, purged_at__isnull=False).exists():
        getattr(reply, verb)(by=user)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 2)), max_size=14))
def test_any_course_of_decisions_ends_in_what_training_from_scratch_gives(ground, steps):
    user, post = ground
    with transaction.atomic():
        replies = [
            Comment.objects.hold(client=f"c{n}", post=post, name="M", body=body)
            for n, body in enumerate([HONEST, SPAM, "a b a b scarf"])
        ]
        for verb, which in steps:
            decide(verb, Comment.objects.get(pk=replies[which].pk), user)

        learning.catch_up()

        assert counted() == from_scratch()
        assert learning.catch_up() == 0
        transaction.set_rollback(True)


def test_what_it_has_still_to_learn_is_found_by_an_index(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Comment.objects.untaught()[:5].explain()

    assert "comment_lesson" in plan or connection.vendor == "postgresql"  # which has one more
    assert "SCAN comments_comment\n" not in plan and "Seq Scan" not in plan


@given(st.text(max_size=300))
def test_any_text_has_words_that_a_row_can_hold(text):
    words = vocabulary.words_in(text)

    assert all(0 < len(word) <= 40 and "\0" not in word for word in words)
    assert len(words) == len(set(words)) <= vocabulary.MOST


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ＦＲＥＥ", "free"),
        ("ﬁne", "fine"),
        ("v\u200bi\u00adagra", "viagra"),
        ("FREE", "FREE"),
        ("https://www.shop.example/buy-now", "shop.example"),
        ("https://www.shop.example/buy-now", "/buy"),
        ("Don’t", "don't"),
        ("I drink 12 litres", "12"),
        ("so, cool", "so cool"),
    ],
)
def test_what_counts_as_a_word(text, word):
    assert word in vocabulary.words_in(text)


@pytest.mark.parametrize("private", ["fern@mail.example", "020 7946 0018".replace(" ", "")])
def test_no_address_and_no_long_number_is_counted(private):
    words = vocabulary.words_in(f"Write to {private}, please")

    assert not [word for word in words if private in word or "mail.example" in word]


@pytest.mark.parametrize(
    "hostile", ["a", "a@", "www.", "http://", "!", "a.", "'", "ﷺ", "1,", "[]("]
)
def test_a_hostile_text_is_read_in_no_time(hostile, benchmark_ms):
    assert benchmark_ms(lambda: vocabulary.words_in(hostile * 50_000)) < 100


@pytest.fixture
def benchmark_ms():
    """The best of three: other processes may be at work."""

    def measure(work):
        times = []
        for _ in range(3):
            begun = time.process_time()
            work()
            times.append(time.process_time() - begun)
        return min(times) * 1000

    return measure


def test_an_opinion_of_a_very_long_spam_is_still_a_number(teach):
    teach()
    spam = learning.opinion(SPAM * 200).spam

    assert math.isfinite(spam) and 0.9 < spam <= 1
