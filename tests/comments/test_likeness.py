"""Likeness: nearly the same words are found again, whoever wrote them; few words never are."""

import random
import time

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from comments import likeness
from comments.models import Comment, Writer
from comments.models.alike import SHARING

ADVERT = (
    "I was in a wheelchair for six years until I met Dr Bright, whose herbal cure made me walk "
    "again within two weeks. Write to him and tell him that I sent you, it is really worth it."
)
WORDS = [
    f"{a}{b}" for a in ("sum", "win", "au", "spr", "hea", "col") for b in ("mer", "ter", "tumn")
]


@pytest.mark.parametrize(
    "changed",
    [
        ADVERT.upper(),
        ADVERT.replace("Bright", "Light"),
        ADVERT.replace("six years", "9 years").replace("really", ""),
        f"Hello! {ADVERT} God bless.",
        ADVERT.replace(" ", "  \n"),
        "".join(f"{letter}\u200b" for letter in ADVERT),
    ],
    ids=["capitals", "a name", "numbers", "a greeting", "spaces", "hidden marks"],
)
def test_nearly_the_same_words_of_somebody_else_are_found(hold, changed):
    reply = hold(ADVERT)

    assert Comment.objects.repeats_of(changed) == [reply.pk]


def test_other_words_about_the_same_thing_are_not(hold):
    hold(ADVERT)

    assert not Comment.objects.repeats_of(
        "My aunt was in a wheelchair for six years until a new cushion let her sit again within "
        "two weeks. It is worth asking about, I think, even if nobody told you."
    )


@pytest.mark.parametrize("few", ["Ice.", "A wet scarf.", "Thank you so much, Sara!", "ha " * 50])
def test_few_words_repeat_nobody(hold, few):
    reply = hold(few)

    assert reply.likeness is None
    assert not Comment.objects.repeats_of(few)


def test_who_says_something_twice_repeats_nobody(hold):
    writer = Writer.objects.create()
    hold(ADVERT, writer=writer)

    assert not Comment.objects.repeats_of(ADVERT, besides=writer)
    assert Comment.objects.repeats_of(ADVERT, besides=Writer.objects.create())


def test_words_taken_back_are_repeated_by_nobody(hold):
    hold(ADVERT).withdraw()

    assert not Comment.objects.repeats_of(ADVERT)


def test_spam_whose_words_are_purged_is_still_found(hold, sara):
    reply = hold(ADVERT)
    reply.mark_spam(by=sara)
    Comment.objects.filter(pk=reply.pk).update(body="", purged_at=timezone.now())

    assert Comment.objects.repeats_of(ADVERT) == [reply.pk]


def test_it_is_one_query(hold, django_assert_num_queries):
    hold(ADVERT)

    with django_assert_num_queries(1):
        Comment.objects.repeats_of(ADVERT)


def test_it_goes_by_indexes_however_many_replies_there_are(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {SHARING}", [*likeness.of(ADVERT), -1, 100])
        plan = "\n".join(str(row) for row in cursor.fetchall())

    assert all(field in plan for field in likeness.FIELDS)
    assert "SCAN comments_comment" not in plan and "Seq Scan" not in plan


@given(st.text(max_size=400))
def test_any_text_has_four_numbers_that_a_row_can_hold_or_none(text):
    parts = likeness.of(text)

    assert parts is None or all(0 <= part < 2**31 for part in parts)


@given(st.lists(st.sampled_from(WORDS), min_size=60, max_size=120, unique=False), st.integers(0))
def test_a_text_is_like_itself_wherever_it_is_folded(words, seed):
    text = " ".join(words)
    folded = " ".join(word.upper() if (seed >> n) & 1 else word for n, word in enumerate(words))

    assert likeness.of(text) == likeness.of(folded)


def test_texts_of_other_people_are_not_alike():
    some = random.Random(7)
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]
    texts = [likeness.of(" ".join(some.choices(words, k=60))) for _ in range(300)]

    assert not [1 for n, a in enumerate(texts) for b in texts[:n] if likeness.are_alike(a, b)]


def test_four_changed_words_of_a_hundred_and_fifty_are_seen_through():
    some = random.Random(5)
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]
    seen = 0
    for _ in range(100):
        text = some.choices(words, k=150)
        other = list(text)
        for place in some.sample(range(150), 4):
            other[place] = "changed"
        seen += likeness.are_alike(likeness.of(" ".join(text)), likeness.of(" ".join(other)))

    assert seen > 85


def test_two_thousand_characters_cost_little():
    text = (ADVERT + " ") * 11
    times = []
    for _ in range(20):
        begun = time.process_time()
        likeness.of(text[:2000])
        times.append(time.process_time() - begun)

    assert min(times) < 0.002  # 0.4 ms on the machine that we measure on
