"""Before a letter goes: whatever could embarrass or harm is found, and what is well stays quiet."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from blog.models import Post, Publication
from newsletter import preflight
from newsletter.carriers import current
from newsletter.models import Issue, Proof, Quote, Rest
from newsletter.preflight import letter, links, posts, words

SITE = "https://slow.example"


@pytest.fixture
def draft(settings, weekly, post, subscribe, sara):
    """A letter that nothing is wrong with."""
    settings.SITE_URL, settings.LOCAL_MODE = SITE, False
    subscribe("marigold")
    issue = weekly.draft()
    Proof.objects.create(issue=issue, user=sara, status="sent", sent_at=timezone.now())
    return issue


@pytest.fixture
def found(draft):
    """What is found once these are changed: found(note="…")."""

    def look(**words):
        if words:
            Issue.objects.filter(pk=draft.pk).update(**words)
        report = preflight.of(Issue.objects.get(pk=draft.pk))
        return " ".join(finding.says for finding in [*report.stops, *report.looks])

    return look


def change(post, **facts):
    for name, value in facts.items():
        setattr(post, name, value)
    post.save()


def test_of_a_good_letter_there_is_nothing_to_say(draft, found):
    report = preflight.of(draft)

    assert found() == ""
    assert len(report.passed) == len(preflight.CHECKS)


def test_there_are_more_than_twenty_checks_and_each_has_its_own_words(db):
    names = {str(check.name) for check in preflight.CHECKS}

    assert len(names) == len(preflight.CHECKS) > 20
    assert all(str(check.mend) for check in preflight.CHECKS)


def test_looking_changes_nothing(draft):
    before = Issue.objects.values().get()
    preflight.of(draft)

    assert Issue.objects.values().get() == before


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("See https://slow.example/no-such-page/", "There is no such page: “/no-such-page/”."),
        ("See https://slow.example/2020/01/nothing/", "There is no such page"),
        ("See https://slow.example/tags/nothing/", "There is no such page"),
        ("See {post}#no-such-place for it.", "The post has no such place"),
        ("See http://elsewhere.example/page", "This link is not encrypted"),
        ("See https://bit.ly/abc", "Shortened links hide where they lead: “bit.ly”."),
        ("See https://www.tinyurl.com/abc", "Shortened links hide"),
        ("Write to mailto:sara@example", "This mail address cannot be right: “sara@example”."),
        ("Write to mailto:sara@@example.com", "This mail address cannot be right"),
        ("More on this TK", "This looks unfinished: “TK”."),
        ("TODO: say hello", "This looks unfinished"),
        ("Lorem ipsum dolor", "This looks unfinished"),
        ("My number is XXX", "This looks unfinished"),
        ("She said “…”", "This looks unfinished"),
        ("Hello\n…", "This looks unfinished"),
        ("A zero\u200bwidth space", "characters in it that nobody sees: U+200B"),
        ("Turned \u202earound", "characters in it that nobody sees: U+202E"),
        ("word" * 20, "This word is very long: “wordwordwordwordword…”."),
        ("A sentence of eight words or so. " * 40, "The note is longer than"),
        ("Fill in {{{{ this }}}}", "A place where something should be filled in"),
    ],
)
def test_what_is_wrong_with_the_note_is_found(found, post, note, says):
    address = SITE + post.get_absolute_url()

    assert says in found(note=note.format(post=address))


@pytest.mark.parametrize(
    "note",
    [
        "See {post} and {post}#q1 and {post}#what-heat-does.",
        "See https://slow.example/help/, https://slow.example and https://slow.example/newsletter/",
        "See https://elsewhere.example/a_(b)?c=d#e, and write to mailto:sara@example.com",
        "The ATKINSON letters, a stock of 30, an XX chromosome, a todo list …",
        "Soft\u00adhyphens and \U0001f469\u200d\U0001f4bb are fine",
        "https://elsewhere.example/" + "long/" * 30,
    ],
)
def test_what_is_well_in_the_note_stays_quiet(found, post, note):
    assert found(note=note.format(post=SITE + post.get_absolute_url())) == ""


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        ("…", "Its subject says nothing."),
        ("x" * 71, "The subject has 71 characters."),
        ("READ THIS TODAY", "The subject is written in capitals"),
        ("Hello!!", "The subject is written in capitals, or calls out."),
        ("Hello MS friends", ""),
        ("", ""),
    ],
)
def test_what_is_wrong_with_the_subject_is_found(found, subject, says):
    heard = found(subject=subject)

    assert says in heard
    assert bool(heard) == bool(says)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"in_short": ""}, "Without “In short”: “Hot days”."),
        ({"title": ": what heat does"}, "Nothing stands before the colon"),
        ({"body": "Text. TK"}, "This looks unfinished"),
    ],
)
def test_what_is_wrong_with_a_post_is_found(found, post, facts, says):
    change(post, **facts)

    assert says in found()


def test_a_post_that_asks_nothing_is_named(found, post):
    post.questions.all().delete()

    assert "Without a closing question: “Hot days”." in found()


def test_a_picture_without_words_is_found(found, post):
    Post.objects.filter(pk=post.pk).update(body_html='<p><img src="/media/a.png" alt=""></p>')

    assert "One picture has no words" in found()


@pytest.mark.parametrize(
    "facts",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"withdrawn_at": timezone.now()},
        {"unlisted": True},
    ],
    ids=["draft", "scheduled", "withdrawn", "unlisted"],
)
def test_a_post_that_nobody_can_read_is_found(found, post, facts):
    Post.objects.filter(pk=post.pk).update(**facts)

    assert "Nobody can read this post yet, or any more: “Hot days”." in found()


@pytest.mark.parametrize(
    "facts", [{"published_at": timezone.now() + timedelta(days=1)}, {"published_at": None}]
)
def test_a_link_to_a_post_that_is_not_public_is_found(found, post, facts):
    other = Post.objects.create(
        title="Later", slug="later", author=post.author, body="x", published_at=timezone.now()
    )
    address = SITE + other.get_absolute_url()
    Post.objects.filter(pk=other.pk).update(**facts)

    assert "Readers cannot open this post now: “Later" in found(note=f"See {address}")


def test_two_posts_of_the_same_name_are_found(found, draft, post):
    Post.objects.create(
        title="hot days ",
        slug="again",
        author=post.author,
        in_short="x",
        body="x",
        published_at=timezone.now(),
    ).questions.create(position=1, text="Why?")
    draft.gather()

    assert "Two posts are called" in found()


def test_a_quote_whose_post_is_withdrawn_is_found(found, draft, post):
    other = Post.objects.create(
        title="Old", slug="old", author=post.author, body="x", published_at=timezone.now()
    )
    quote = Quote.objects.create(reference="r1", post=other, text="Shade.", name="Wren")
    draft.chosen_quotes.choose(draft, [quote])
    draft.items.filter(post=other).delete()
    Post.objects.filter(pk=other.pk).update(withdrawn_at=timezone.now())

    assert "One reply that you chose may not be quoted any more." in found()


def test_a_question_may_be_linked_by_its_name(found, post):
    question = post.questions.first()

    assert found(note=f"See {SITE}{question.get_absolute_url()}") == ""
    assert found(note=f"See {SITE}{question.get_absolute_url()}x") != ""


def test_a_chosen_quote_leads_to_a_place_that_is_there(found, draft, post):
    quote = Quote.objects.create(reference="r1", post=post, text="Shade.", name="Wren")
    draft.chosen_quotes.choose(draft, [quote])

    assert found() == ""


def test_the_last_letters_subject_is_not_used_again(found, draft, weekly):
    Issue.objects.create(
        edition=weekly,
        period=timezone.now() - timedelta(days=7),
        status="sent",
        subject="Heat",
        started_at=timezone.now() - timedelta(days=7),
        finished_at=timezone.now(),
    )

    assert "The last letter had the same subject." in found(subject="heat")
    assert found(subject="Heat again") == ""


def test_two_letters_in_a_day_are_noticed(found, weekly):
    Issue.objects.create(
        edition=weekly,
        period=timezone.now() - timedelta(days=7),
        status="sent",
        started_at=timezone.now() - timedelta(hours=2),
        finished_at=timezone.now(),
    )

    assert "Another letter went less than a day ago." in found()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"postal_address": " "}, "The publication has no postal address."),
        ({"from_address": "sara@elsewhere.example"}, "It comes from elsewhere.example"),
        ({"from_address": "sara@mail.slow.example"}, ""),
    ],
)
def test_what_the_publication_lacks_is_found(found, facts, says):
    Publication.objects.update(**facts)

    heard = found()
    assert says in heard
    assert bool(heard) == bool(says)


def test_without_readers_it_says_so(found, draft):
    draft.edition.audience().delete()

    assert "Nobody has asked for this letter yet." in found()


def test_a_resting_mail_server_is_named(found):
    Rest.objects.begin(current().name)

    assert "The mail server asked us to wait a little." in found()


def test_a_letter_that_nobody_has_tested_is_noticed(found):
    Proof.objects.all().delete()

    assert "No test of it was sent yet." in found()


def test_on_ones_own_machine_its_links_lead_nowhere_for_others(found, settings):
    settings.LOCAL_MODE = True

    assert "which is only this machine" in found()


def test_a_large_letter_is_said_to_be_shorter_than_it_was(found, post):
    change(post, in_short="\n".join(f"Line {number} {'of heat ' * 60}" for number in range(300)))

    assert "It was too large" in found()


def test_a_letter_that_cannot_be_made_small_enough_is_found(found):
    assert "Mail programs hide the end of letters above 100." in found(note="heat " * 25_000)


def test_with_nothing_in_it_it_is_stopped(draft):
    draft.items.update(left_out=True)
    report = preflight.of(draft)

    assert [finding.says for finding in report.stops] == ["There is no post in it."]


def test_without_an_address_of_the_sender_it_is_stopped(draft):
    Publication.objects.update(from_address="nobody")
    report = preflight.of(draft)

    assert [finding.says for finding in report.stops] == [
        "The sender has no address, so no mail server would take it."
    ]


class Torn:
    """A letter that came out wrong, which our templates do not make."""

    def __init__(self, issue, **parts):
        self.whole = preflight.Sheet(issue)
        self.parts = parts

    def __getattr__(self, name):
        return self.parts[name] if name in self.parts else getattr(self.whole, name)


@pytest.mark.parametrize(
    ("check", "parts"),
    [
        (letter.plain_part, {"text": "\n"}),
        (letter.nothing_left_to_fill, {"text": "preheader-{public_id}"}),
        (letter.way_out, {"text": "Hello"}),
        (letter.way_out, {"page": preflight.sheet.Page("<p>Hello</p>")}),
        (letter.parts_agree, {"text": "Hello"}),
        (links.whole_links, {"page": preflight.sheet.Page('<a href="/help/">help</a>')}),
        (links.whole_links, {"page": preflight.sheet.Page('<a href="">help</a>')}),
        (posts.pictures_have_words, {"page": preflight.sheet.Page('<img src="x">')}),
    ],
)
def test_a_letter_that_came_out_wrong_is_found(draft, check, parts):
    filled = {
        name: part.format(public_id=draft.public_id) if isinstance(part, str) else part
        for name, part in parts.items()
    }

    assert check(Torn(draft, **filled))
    assert check(preflight.Sheet(draft)) == ""


@given(note=st.text(max_size=200))
def test_no_words_make_a_check_fall_over(note):
    class Letter:
        by_hand = note
        posts: list = []
        issue = Issue(subject=note[:150], note=note)
        subject = note
        links = preflight.sheet.ADDRESS.findall(f"https://{note} mailto:{note}")

    for check in (
        words.no_placeholders,
        words.nothing_hidden,
        words.words_short,
        words.subject_calm,
        links.no_shorteners,
        links.mail_addresses,
    ):
        assert isinstance(check(Letter), str)


def test_the_page_says_what_is_wrong_first_and_how_much_is_well(desk, draft, found):
    found(note="See https://bit.ly/abc")
    page = desk.get("/admin/newsletter/issue/compose/weekly/").content.decode()

    assert "One thing to look at. You decide:" in page
    assert f"{len(preflight.CHECKS) - 1} checks passed" in page
    assert page.index("Shortened links hide") < page.index("checks passed")
