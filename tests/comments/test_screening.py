"""What becomes of a reply at once, and why: by mode, by trust, by what stands out."""

import logging
from datetime import time
from time import process_time

import pytest
from django.db import OperationalError
from hypothesis import example, given
from hypothesis import strategies as st

from bench.screening import HOSTILE
from comments import signals
from comments.models import Comment, Watchword, Weight
from comments.screening import Draft, hints, judge, own, reading, would_hold
from comments.screening.reading import Reading
from comments.screening.texts import folded
from comments.signals import RULES, Signal


@pytest.fixture
def draft(post):
    """What somebody new sends."""

    def make(text="A wet scarf.", name="Marigold", **facts):
        return Draft(post=post, text=text, name=name, **facts)

    return make


@pytest.fixture
def known(show):
    """A writer of two published replies, as their device shows."""
    writer = show(name="Lantern").writer
    show("Shade.", name="Lantern", writer=writer)
    return writer


def rules(verdict):
    return [signal.rule for signal in verdict.signals]


def set_mode(post, mode):
    post.replies_mode = mode
    post.save()


# Modes and trust


def test_the_first_two_replies_of_each_person_wait_and_say_so(draft):
    verdict = judge(draft())

    assert not verdict.publish
    assert [s.words for s in verdict.signals] == ["The first two replies of each person wait."]


def test_who_is_known_appears_at_once(draft, known):
    assert judge(draft(writer=known, name="Lantern")).publish


def test_who_is_known_waits_when_something_stands_out(draft, known):
    verdict = judge(draft("See https://watches.example", writer=known))

    assert not verdict.publish and rules(verdict) == ["links"]


def test_a_note_alone_holds_nothing(draft, known):
    verdict = judge(draft("My pump injects 40 mg.", writer=known))

    assert verdict.publish and rules(verdict) == ["own dose"]


@pytest.mark.parametrize(
    ("mode", "published", "why"), [("open", True, []), ("all", False, ["all"])]
)
def test_the_mode_decides_for_everybody(draft, known, post, mode, published, why):
    set_mode(post, mode)

    verdict = judge(draft(writer=known))

    assert verdict.publish is published and rules(verdict) == why


def test_an_open_post_holds_what_stands_out(draft, post):
    set_mode(post, "open")

    assert judge(draft("A fan.")).publish
    assert not judge(draft("You are an idiot.")).publish


def test_when_away_trusted_people_wait_too(draft, known, post, publication):
    publication.is_away = True
    publication.save()

    assert rules(judge(draft(writer=known))) == ["away"]


def test_in_quiet_hours_trusted_people_wait_too(draft, known, post):
    post.quiet_from, post.quiet_until = time(0, 0), time(23, 59, 59)

    assert rules(judge(draft(writer=known))) == ["quiet"]


def test_in_a_flood_nothing_appears_at_once(draft, known):
    verdict = judge(draft(writer=known, is_crowded=True))

    assert not verdict.publish and rules(verdict) == ["crowd"]


def test_very_many_from_one_connection_are_looked_at(draft, known):
    assert rules(judge(draft(writer=known, is_many=True))) == ["many from here"]


def test_a_known_name_from_another_browser_gets_nothing(draft, known, post):
    set_mode(post, "open")

    verdict = judge(draft(name="L a n t e r n"))

    assert not verdict.publish and rules(verdict) == ["same name"]


def test_one_published_reply_makes_no_name_known(draft, show, post):
    show(name="Lantern")
    show("Another.", name="Lantern")
    set_mode(post, "open")

    assert judge(draft(name="Lantern")).publish


# Lanes


def test_a_cry_for_help_is_never_spam(draft):
    text = "I want to die. " + " ".join(f"http://a{n}.example" for n in range(9))

    noticed = judge(draft(text, suspicion="honeypot")).signals

    assert signals.are_care(noticed) and signals.are_spam(noticed)
    assert Comment(signals=[s.as_json() for s in noticed]).home_lane == "care"


def test_one_rule_in_many_places_counts_once():
    assert not signals.are_spam([Signal("links", 1, n, n + 2) for n in range(9)])
    assert signals.are_spam([Signal("links", 1), Signal("many links", 2)])


def test_who_is_decided_already_costs_no_query(draft, django_assert_num_queries, known):
    judge(draft())  # the lists of this site are remembered
    honeypot = draft("Cheap.", suspicion="honeypot", name="Lantern")

    with django_assert_num_queries(0):
        judge(honeypot)


def test_every_reply_that_waits_says_why(send):
    send()
    comment = Comment.objects.get()

    assert comment.is_waiting and signals.sentences(comment.noticed)


# Time, and rules that break


@pytest.mark.parametrize("part", [*HOSTILE, "(((", "a@a.", "\u202e", "I WANT TO DIE "])
def test_no_text_takes_long(part, monkeypatch, db):
    monkeypatch.setattr(reading, "SECONDS", 60)
    begun = process_time()
    Reading((part * 50_000)[:50_000])

    assert process_time() - begun < 0.2


def test_a_rule_that_breaks_holds_the_reply_and_logs_no_word_of_it(
    draft, known, monkeypatch, caplog
):
    def broken(text):
        raise ValueError(f"cannot read {text.typed}")
        yield

    monkeypatch.setattr(reading, "TEXT_RULES", [broken, *reading.TEXT_RULES])
    with caplog.at_level(logging.WARNING):
        verdict = judge(draft("My secret. You are an idiot.", writer=known))

    assert not verdict.publish and rules(verdict) == ["insult", "unchecked"]
    assert "rule broken: ValueError" in caplog.text and "secret" not in caplog.text


def test_a_rule_that_breaks_late_keeps_what_it_had_found(draft, monkeypatch):
    def late(text):
        yield text.found("insult", 0, 2)
        raise ValueError

    monkeypatch.setattr(reading, "TEXT_RULES", [late])

    assert rules(judge(draft())) == ["insult", "unchecked", "first"]


def test_when_time_is_over_the_reply_waits(draft, known, monkeypatch):
    monkeypatch.setattr(reading, "SECONDS", -1)

    verdict = judge(draft(writer=known))

    assert not verdict.publish and rules(verdict) == ["unchecked"]


def test_without_its_lists_a_site_still_takes_replies(draft, known, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(Weight.objects, "values_list", gone)

    assert rules(judge(draft("You are an idiot.", writer=known))) == ["insult", "unchecked"]


def test_a_text_too_long_to_be_read_wholly_is_held(draft, known):
    assert rules(judge(draft("wet " * 20_000, writer=known))) == ["unchecked"]


# Own lists


def test_a_word_of_the_own_list_holds_and_is_named(draft, known):
    Watchword.objects.create(phrase="Snake oil", weight=1)

    verdict = judge(draft("They sold me SNAKE\n oil.", writer=known))

    assert not verdict.publish
    assert [s.words for s in verdict.signals] == ["It has a word of your list. (Snake oil)"]


@pytest.mark.parametrize("text", ["WordPress is fine.", "He pressed.", "s-press"])
def test_a_word_is_found_as_a_whole_only(draft, text):
    Watchword.objects.create(phrase="press")

    assert ("watchword" in rules(judge(draft(text)))) == (text == "s-press")


@pytest.mark.parametrize("text", ["CAFÉ", "cafe\u0301", "ｃａｆé", "c\u200bafé", "cаfé"])
def test_a_word_is_found_however_it_is_written(draft, text):
    Watchword.objects.create(phrase="café")

    assert "watchword" in rules(judge(draft(f"The {text}!")))


def test_spam_words_count_as_spam(draft):
    Watchword.objects.create(phrase="casino", weight=3, is_spam=True)

    assert signals.are_spam(judge(draft("casino")).signals)


def test_signs_may_be_on_the_list(draft):
    Watchword.objects.create(phrase="$$$")

    assert "watchword" in rules(judge(draft("Make $$$ now")))


def test_a_rule_weighs_what_staff_set(draft, known):
    Weight.objects.create(rule="links", weight=3)

    assert signals.are_spam(judge(draft("https://watches.example")).signals)


def test_a_rule_without_weight_is_off(draft, known):
    Weight.objects.create(rule="links", weight=0)

    verdict = judge(draft("https://watches.example", writer=known))

    assert verdict.publish and verdict.signals == []


def test_nobody_can_turn_off_that_somebody_needs_care(draft):
    Weight.objects.create(rule="crisis", weight=0)

    assert signals.are_care(judge(draft("I want to die.")).signals)


def test_lists_are_read_once_for_a_while(draft, monkeypatch):
    judge(draft())
    Watchword.objects.create(phrase="scarf")
    assert "watchword" not in rules(judge(draft()))

    monkeypatch.setattr(own, "REMEMBERED", 0)
    assert "watchword" in rules(judge(draft()))


def test_a_dry_run_says_what_words_would_have_held(show, hold, draft):
    oil = show("They sold me snake oil.")
    show("A wet scarf.")
    hold("Snake oil, again.")

    assert would_hold(["snake oil", "unheard of"]) == [oil]


# Spans


def test_phrases_are_marked_as_they_were_typed(draft):
    text = "Ｙｏｕ’re  an… no. Don’t you see? STOP your ＭＥＤＳ now."
    noticed = judge(draft(text)).signals

    assert signals.phrases(noticed, text) == ["STOP your ＭＥＤＳ"]


@pytest.mark.django_db
@given(st.text(max_size=80), st.sampled_from(["you are an idiot", "call me on 555 0134"]))
@example("G", "call me on 555 0134")
def test_what_is_found_is_what_was_typed_whatever_is_around(around, phrase):
    text = f"{around} {phrase}. {around}"

    places = [text[f.start : f.end] for f in Reading(text).found if f.start >= 0]

    assert all(places) and (phrase in places or phrase[11:] in places)


@pytest.mark.django_db
@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert not {"unchecked"} & {found.rule for found in Reading(text).found}


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


def test_every_rule_that_is_found_has_words():
    assert all(str(rule.words).endswith(".") for rule in RULES.values())


# A gentle word


@pytest.mark.parametrize(
    ("text", "said", "marked"),
    [
        ("My number is 555 0134.", "telephone number", "555 0134"),
        ("I'm bram@example.org", "e-mail address", "bram@example.org"),
        ("Come to 12 Quiet Street", "postal address", "12 Quiet Street"),
        ("Born on 3 March 1971.", "date of birth", "Born on 3 March 1971"),
        ("Dr Miller did it.", "names a doctor", "Dr Miller"),
        ("Stop your injections first, they told her.", "advice", "Stop your injections"),
        ("Vitamins cured my MS.", "cures MS", "cured my MS"),
        ("The place on clinic.example", "to a clinic", "clinic"),
    ],
)
def test_a_gentle_word_says_what_and_where(draft, text, said, marked):
    hint = next(hint for hint in hints(draft(text)) if said in hint.words)

    assert text[hint.start : hint.end] == marked


def test_a_whole_name_that_is_the_address_is_pointed_out(draft):
    for name in ("Anna Meier", "Meier Anna"):
        (hint,) = hints(draft(name=name, email="anna.meier+ms@example.org"))
        assert "nickname" in hint.words and hint.start == -1


@pytest.mark.parametrize("name", ["Anna", "Anna Oak", "Marigold"])
def test_another_name_is_not(draft, name):
    assert hints(draft(name=name, email="anna.meier@example.org")) == []


def test_a_plain_reply_has_no_gentle_word(draft):
    assert hints(draft("I stopped my drug after talking to my neurologist.")) == []


def test_a_reply_may_be_sent_all_the_same(send):
    response = send(text="My number is 555 0134.")

    assert response.status_code in (200, 303)
