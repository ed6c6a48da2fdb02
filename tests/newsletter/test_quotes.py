"""Letters repeat what readers allowed them to, for as long as it stands."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post
from newsletter import emails
from newsletter.models import Edition, Issue, IssueQuote, Quote

HEADINGS = ("What a reader said", "What readers said")


@pytest.fixture
def quote(post):
    """Something that was said: quote("Shade.", name="Bram")."""

    def make(text="A wet scarf.", name="Marigold", on=post, **facts):
        number = Quote.objects.count() + 1
        facts = {"reference": f"reply-{number}", "post": on, "text": text, "name": name} | facts
        return Quote.objects.create(**facts)

    return make


@pytest.fixture
def monthly(publication):
    now = timezone.now()
    return Edition.objects.create(
        kind=Edition.Kind.MONTHLY,
        since=now - timedelta(days=10),
        switched_on_at=now - timedelta(days=30),
    )


@pytest.fixture
def letter(weekly, publication, post):
    """A letter that is made, with these quotes, and its words frozen."""

    def make(*quotes, edition=weekly):
        issue = edition.compose(timezone.now())
        IssueQuote.objects.choose(issue, quotes)
        issue.subject, issue.text, issue.html = issue.as_it_stands()
        issue.save()
        return issue

    return make


@pytest.fixture
def sent(commit):
    def send(issue):
        with commit():
            issue.start()
        return Issue.objects.get(pk=issue.pk)

    return send


def write_another(post):
    """So that a letter still has something to bring when this post goes."""
    Post.objects.create(
        title="Another", body="Words.", author=post.author, published_at=post.published_at
    )


def parts(mail):
    """The text part, and what the HTML part says."""
    html = BeautifulSoup(mail.alternatives[0][0], "html.parser").body.get_text(" ")
    return mail.body, " ".join(html.split())


def marks(issue, text):
    return re.findall(rf"quotes?-{issue.public_id}\S*", text)


# In the mail --------------------------------------------------------------------------------------


def test_a_letter_says_what_a_reader_said_who_and_where(
    letter, quote, subscribe, sent, mailoutbox, settings
):
    settings.SITE_URL = "https://slow-signal.example"
    subscribe()
    chosen = quote("Done in 2011.", "Bram")
    sent(letter(chosen))

    text, html = parts(mailoutbox[0])
    assert "What a reader said\n\n“Done in 2011.”\n\nBram, who allowed us to quote it, on" in text
    assert f"\nhttps://slow-signal.example{chosen.path}\n" in text
    assert "What a reader said “Done in 2011.” Bram, who allowed us to quote it, on Hot" in html


def test_in_html_the_post_is_a_link_to_the_reply(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    chosen = quote()
    sent(letter(chosen))

    page = BeautifulSoup(mailoutbox[0].alternatives[0][0], "html.parser")
    link = page.find("a", href=lambda href: href.endswith(chosen.path))
    assert link.get_text() == "Hot days"


def test_several_come_in_the_order_that_was_chosen(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    first, second = quote("First."), quote("Second.")
    sent(letter(second, first))

    text, html = parts(mailoutbox[0])
    for part in (text, html):
        assert part.index("What readers said") < part.index("Second.") < part.index("First.")


def test_a_letter_without_quotes_has_no_heading_for_them(letter, subscribe, sent, mailoutbox):
    subscribe()
    sent(letter())

    assert not any(heading in part for heading in HEADINGS for part in parts(mailoutbox[0]))


def test_no_mark_leaves_the_house(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    issue = sent(letter(quote(), quote()))

    assert len(marks(issue, issue.text)) == len(marks(issue, issue.html)) == 6
    assert f"-{issue.public_id}" not in str(mailoutbox[0].message())


def test_marks_stand_on_lines_of_their_own_and_inside_cells(letter, quote):
    issue = letter(quote("word " * 200))

    lines = issue.text.splitlines()
    assert all(mark in lines for mark in marks(issue, issue.text))
    assert max(len(line) for line in lines if "http" not in line) <= 72
    # Words that stand loose in a table are moved before it by whoever parses it.
    tree = BeautifulSoup(issue.html, "html.parser")
    assert all(
        string.find_parent("td")
        for string in tree.find_all(string=re.compile(f"quotes?-{issue.public_id}"))
    )


def test_words_and_names_are_text_and_never_html(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    sent(letter(quote("<b>Bold</b> & <script>", "<i>Eve</i>")))

    html = mailoutbox[0].alternatives[0][0]
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &lt;script&gt;" in html
    assert "<i>" not in html and "<b>" not in html


def test_paragraphs_and_lines_stay_what_they_were(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    sent(letter(quote("One\ntwo.\n\nThree.")))

    assert "“One\ntwo.\n\nThree.”\n" in mailoutbox[0].body
    assert re.search(
        r"<p[^>]*>“One<br>two\.</p>\s*<p[^>]*>Three\.”</p>", mailoutbox[0].alternatives[0][0]
    )


# Taken back ---------------------------------------------------------------------------------------


def test_what_was_taken_back_after_freezing_is_in_no_later_mail(
    letter, quote, subscribe, sent, mailoutbox
):
    subscribe()
    issue = letter(quote("Xyzzy.", "Plugh"), quote("Stays."))
    Quote.objects.take_back("reply-1")
    sent(issue)

    text, html = parts(mailoutbox[0])
    assert "Xyzzy" not in text + html and "Plugh" not in text + html
    assert "Stays." in text and "Stays." in html


def test_the_heading_goes_with_the_last_quote(letter, quote, subscribe, sent, mailoutbox):
    subscribe()
    issue = letter(quote("Xyzzy."))
    Quote.objects.take_back("reply-1")
    sent(issue)

    assert not any(heading in part for heading in HEADINGS for part in parts(mailoutbox[0]))
    assert "\n\n\n" not in mailoutbox[0].body
    assert "* * *\n\n* * *" not in mailoutbox[0].body


def test_a_worker_that_read_the_letter_before_leaves_it_out_too(letter, quote, subscribe):
    subscribe()
    issue = letter(quote("Xyzzy."))
    issue.start()
    delivery = issue.deliveries.select_related("issue").get()
    assert "Xyzzy" in delivery.message().body
    Quote.objects.take_back("reply-1")

    mail = delivery.message()
    assert "Xyzzy" not in mail.body + mail.alternatives[0][0]


def test_what_was_taken_back_is_no_longer_in_the_frozen_words(letter, quote):
    issue = letter(quote("Xyzzy.", "Plugh"), quote("Stays."))
    Quote.objects.take_back("reply-1")

    issue.refresh_from_db()
    assert "Xyzzy" not in issue.text + issue.html and "Plugh" not in issue.text + issue.html
    assert "Stays." in issue.text and "Stays." in issue.html
    assert not IssueQuote.objects.filter(quote__reference="reply-1").exists()


def test_what_was_said_of_a_withdrawn_post_is_not_repeated(
    letter, quote, subscribe, sent, mailoutbox, reader, post
):
    subscribe()
    write_another(post)
    issue = letter(quote("Xyzzy."))
    Post.objects.filter(pk=post.pk).update(withdrawn_at=timezone.now())
    issue = sent(issue)

    assert "Xyzzy" not in "".join(parts(mailoutbox[0]))
    assert "Xyzzy" not in reader.get(issue.get_absolute_url()).text


def test_other_words_or_another_name_are_another_quote(letter, quote, post):
    issue = letter(quote("Xyzzy.", "Plugh"))
    Quote.objects.keep("reply-1", post=post, text="Xyzzy.", name="A reader")

    assert Quote.objects.get().name == "A reader"
    issue.refresh_from_db()
    assert "Plugh" not in issue.text + issue.html
    assert not issue.chosen_quotes.exists()


def test_kept_twice_it_is_the_same_quote(post):
    for _ in range(2):
        Quote.objects.keep("reply-1", post=post, text="Shade.", name="Bram")
        pk = Quote.objects.get().pk
    Quote.objects.keep("reply-1", post=post, text="Shade.", name="Bram")

    assert Quote.objects.get().pk == pk


def test_what_is_not_there_is_taken_back_without_a_word(db):
    assert not Quote.objects.take_back("reply-1")


@given(words=st.lists(st.text(min_size=1), min_size=1, max_size=4), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_stands_is_whole_and_nothing_else_is_left(words, data):
    """Of any quotes, those that stand stay as they were, letter by letter."""
    issue = Issue(public_id="2" * 16)
    one, all_of_them = f"quote-{issue.public_id}", f"quotes-{issue.public_id}"
    standing = data.draw(st.sets(st.sampled_from(range(len(words)))))
    frozen = "".join(f"{one}-{pk}-begins\n{said}{one}-{pk}-ends\n" for pk, said in enumerate(words))
    letter = f"Before\n{all_of_them}-begin\nHeading\n{frozen}{all_of_them}-end\nAfter"

    left = emails.without_quotes(letter, standing, issue)

    shown = "".join(said for pk, said in enumerate(words) if pk in standing)
    assert left == ("Before\nHeading\n" + shown + "After" if standing else "Before\nAfter")


def test_marks_of_another_letter_mean_nothing(quote, letter):
    issue = letter(quote(f"quote-{'2' * 16}-1-ends and quotes-{'2' * 16}-end"))

    text = emails.without_quotes(issue.text, issue.chosen_quotes.standing_ids(), issue)

    assert f"“quote-{'2' * 16}-1-ends and quotes-{'2' * 16}-end”" in text.replace("\n", " ")


# In the archive -----------------------------------------------------------------------------------


def test_the_archive_shows_what_stands(letter, quote, subscribe, sent, reader):
    subscribe()
    first, second = quote("Xyzzy."), quote("Stays.", "Bram")
    issue = sent(letter(first, second))
    assert "“Xyzzy.”" in reader.get(issue.get_absolute_url()).text

    Quote.objects.take_back(first.reference)

    page = reader.get(issue.get_absolute_url()).text
    assert "Xyzzy" not in page
    assert "What a reader said" in page and "“Stays.”" in page and f'href="{second.path}"' in page


def test_the_archive_has_no_empty_heading(letter, quote, subscribe, sent, reader):
    subscribe()
    issue = sent(letter(quote()))
    Quote.objects.take_back("reply-1")

    page = reader.get(issue.get_absolute_url()).text
    assert not any(heading in page for heading in HEADINGS)


def test_what_readers_said_is_in_no_search_engines_excerpt(letter, quote, subscribe, sent, reader):
    subscribe()
    issue = sent(letter(quote("Xyzzy.")))

    page = BeautifulSoup(reader.get(issue.get_absolute_url()).text, "html.parser")
    assert page.find(string=re.compile("Xyzzy")).find_parent(attrs={"data-nosnippet": True})


# What may be chosen -------------------------------------------------------------------------------


def test_the_newest_is_offered_first(weekly, quote):
    old = quote(made_at=timezone.now() - timedelta(days=400))
    new = quote()

    assert list(Quote.objects.choosable(weekly)) == [new, old]


def test_what_is_in_a_letter_of_the_edition_is_not_offered_again(letter, quote, weekly, monthly):
    chosen, other = quote(), quote()
    letter(chosen)

    assert list(Quote.objects.choosable(weekly)) == [other]
    assert set(Quote.objects.choosable(monthly)) == {chosen, other}


def test_a_draft_may_choose_its_own_again(letter, quote, weekly):
    chosen = quote()
    issue = letter(chosen)

    assert list(Quote.objects.choosable(weekly, besides=issue)) == [chosen]


@pytest.mark.parametrize(
    "facts",
    [
        {"withdrawn_at": timezone.now()},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"published_at": None},
        {"unlisted": True},
    ],
)
def test_only_what_was_said_under_listed_posts_is_offered(weekly, quote, post, facts):
    quote()
    Post.objects.filter(pk=post.pk).update(**facts)

    assert not Quote.objects.choosable(weekly).exists()


def test_choosing_anew_replaces_what_was_chosen(letter, quote):
    first, second = quote(), quote()
    issue = letter(first)
    IssueQuote.objects.choose(issue, [second, first])

    assert [chosen.quote for chosen in issue.chosen_quotes.standing()] == [second, first]


def test_what_was_taken_back_meanwhile_is_not_chosen(letter, quote):
    gone, there = quote(), quote()
    Quote.objects.take_back(gone.reference)

    issue = letter(gone, there)

    assert [chosen.quote for chosen in issue.chosen_quotes.standing()] == [there]


def test_a_letter_cancelled_before_it_went_gives_its_quotes_back(letter, quote, weekly):
    chosen = quote()
    letter(chosen).cancel()

    assert list(Quote.objects.choosable(weekly)) == [chosen]


def test_a_letter_cancelled_on_its_way_keeps_them(letter, quote, weekly, subscribe):
    subscribe()
    issue = letter(quote())
    issue.start()
    issue.cancel()

    assert not Quote.objects.choosable(weekly).exists()


# What the database refuses ------------------------------------------------------------------------


def refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_a_quote_is_in_one_letter_of_an_edition(letter, quote, weekly):
    chosen = quote()
    letter(chosen)
    other = weekly.issues.create(period=timezone.now() - timedelta(days=7), status="empty")

    refused(lambda: IssueQuote.objects.choose(other, [chosen]))


def test_a_quote_is_in_a_letter_once(letter, quote, monthly):
    chosen = quote()
    issue = letter(chosen)

    refused(lambda: IssueQuote.objects.create(issue=issue, edition=monthly, quote=chosen))


def test_a_reference_names_one_quote(quote):
    quote(reference="reply-x")

    refused(lambda: quote(reference="reply-x"))


@pytest.mark.parametrize("facts", [{"text": ""}, {"reference": ""}])
def test_a_quote_says_something_and_can_be_found_again(quote, facts):
    refused(lambda: quote(**facts))
