"""One's own page, by the link at the foot of every letter: it adds as well as removes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Post, Tag
from newsletter.models import Edition, Subscriber
from tests.person import Person


@pytest.fixture
def marigold(subscribe):
    return subscribe("marigold")


@pytest.fixture
def topics(post):
    """Two tags with a post, and one without."""
    named = {name: Tag.objects.create(name=name, slug=name.lower()) for name in ("Heat", "Sleep")}
    post.tags.add(*named.values())
    Tag.objects.create(name="Nothing yet", slug="nothing-yet")
    return named


def page_of(someone):
    return reverse("newsletter:manage", args=[someone.manage_token])


def visit(someone):
    return Person().open(page_of(someone))


def test_the_page_says_what_is_true_now(marigold):
    page = visit(marigold)

    assert page.heading == "Your letters from Slow Signal"
    assert page.sees("You get one letter a week, on Sunday morning.")


@pytest.mark.parametrize(
    ("label", "frequency", "sentence"),
    [
        ("Each post", "each", "You get a letter with each new post, on the day it appears."),
        ("Once a week", "weekly", "You get one letter a week, on Sunday morning."),
        ("Once a month", "monthly", "You get one letter a month, on its first day."),
    ],
)
def test_how_often_is_saved_and_said(marigold, label, frequency, sentence):
    page = visit(marigold)
    for radio in page.page.find_all("input", attrs={"name": "frequency"}):
        del radio["checked"]
    page.tick(label).press("Save my choices")

    marigold.refresh_from_db()
    assert marigold.frequency == frequency
    assert page.sees("Saved.") and page.sees(sentence)


def test_the_time_of_the_letter_is_the_editions_own(marigold):
    Edition.objects.create(kind="weekly", weekday=2, at="19:00", switched_on_at=timezone.now())

    assert visit(marigold).sees("You get one letter a week, on Wednesday evening.")


def test_a_rhythm_that_is_switched_off_is_not_offered(marigold):
    Edition.objects.create(kind="monthly", switched_on_at=None)

    assert not visit(marigold).sees("Once a month")


def save(reader, someone, **choices):
    facts = {"frequency": "weekly", "topics": "all", "subject": "plain", "save": "1"} | choices
    return reader.post(page_of(someone), facts)


def test_some_topics_instead_of_everything_and_back(reader, marigold, topics):
    save(reader, marigold, topics=["heat"])
    marigold.refresh_from_db()
    assert (marigold.all_topics, [tag.name for tag in marigold.topics.all()]) == (False, ["Heat"])
    assert visit(marigold).sees("Only about: Heat.")

    save(reader, marigold, topics=["all"])
    marigold.refresh_from_db()
    assert (marigold.all_topics, marigold.topics.count()) == (True, 0)


def test_of_everything_and_a_topic_what_was_ticked_last_counts(reader, marigold, topics):
    save(reader, marigold, topics=["all", "sleep"])
    marigold.refresh_from_db()
    assert not marigold.all_topics

    save(reader, marigold, topics=["all", "sleep"])
    marigold.refresh_from_db()
    assert marigold.all_topics


def test_only_topics_that_have_posts_are_offered(marigold, topics):
    page = visit(marigold)

    assert page.sees("Heat") and not page.sees("Nothing yet")


def test_of_many_topics_the_busiest_six_are_offered_and_those_chosen(marigold, post, sara):
    busy = Post.objects.create(
        title="Another", body="Words.", author=sara.author, published_at=timezone.now()
    )
    tags = [Tag.objects.create(name=f"topic {n}", slug=f"topic-{n}") for n in range(9)]
    post.tags.set(tags)
    busy.tags.set(tags[3:])
    marigold.choose(frequency="weekly", topics=[tags[0]], quiet=False)

    offered = [n for n in range(9) if visit(marigold).sees(f"topic {n}")]
    assert offered == [0, 3, 4, 5, 6, 7, 8]


def test_no_topic_at_all_is_asked_about_and_the_other_choices_are_kept(reader, marigold, topics):
    answer = save(reader, marigold, topics=[], frequency="monthly", subject="discreet")

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Please tick “Everything”, or at least one topic." in page
    assert 'value="monthly" checked' in page and 'value="discreet" checked' in page
    marigold.refresh_from_db()
    assert (marigold.frequency, marigold.quiet) == ("weekly", False)


def test_a_subject_line_may_be_discreet_and_both_kinds_are_shown(marigold, post):
    page = visit(marigold)
    assert page.sees("“Slow Signal: Hot days”")
    assert page.sees("“New post from Slow Signal”. No medical word.")

    for radio in page.page.find_all("input", attrs={"name": "subject"}):
        del radio["checked"]
    page.tick("Discreet").press("Save my choices")
    marigold.refresh_from_db()
    assert marigold.quiet


@pytest.mark.parametrize("nonsense", [{"frequency": "hourly"}, {"subject": ""}, {"topics": "none"}])
def test_nonsense_changes_nothing(reader, marigold, topics, nonsense):
    assert save(reader, marigold, **nonsense).status_code == 400

    marigold.refresh_from_db()
    assert (marigold.frequency, marigold.all_topics) == ("weekly", True)


def test_who_only_follows_a_story_can_add_letters_and_that_is_a_consent(marigold, post):
    marigold.follows.begin(marigold, post)
    Subscriber.objects.update(frequency="none")
    page = visit(marigold)
    assert page.sees("You get no letters. We tell you when there is news on one story.")

    page.page.find("input", attrs={"value": "none"}).attrs.pop("checked")
    page.tick("Once a week").press("Save my choices")

    marigold.refresh_from_db()
    consent = marigold.consents.get()
    assert marigold.frequency == "weekly"
    assert (consent.what, consent.page, consent.confirmed_at is None) == (
        "letters",
        "manage",
        False,
    )


def test_other_choices_are_no_new_consent(reader, marigold):
    save(reader, marigold, frequency="monthly")

    assert not marigold.consents.exists()


# Stopping ----------------------------------------------------------------------------------------


def test_one_press_stops_all_letters_and_it_can_be_taken_back(marigold):
    page = visit(marigold).press("Stop all letters")
    marigold.refresh_from_db()
    assert marigold.status == "unsubscribed"
    assert page.sees("All letters are stopped.")

    page.press("Start them again")
    marigold.refresh_from_db()
    assert marigold.status == "active"
    assert page.sees("You get one letter a week")


def test_what_was_chosen_before_is_back_as_well(subscribe, post):
    someone = subscribe("fern", frequency="monthly", quiet=True)
    visit(someone).press("Stop all letters").press("Start them again")

    someone.refresh_from_db()
    assert (someone.frequency, someone.quiet) == ("monthly", True)


def test_an_old_letter_that_was_passed_on_starts_nothing_again(reader, marigold):
    marigold.unsubscribe()
    page = visit(marigold)

    assert page.heading == "You get no letters from us"
    assert "Send me a fresh link" in save(reader, marigold).content.decode()
    reader.post(page_of(marigold), {"again": "x" * 32})
    reader.post(page_of(marigold), {"pause": "1"})
    reader.post(page_of(marigold), {"resume": "1"})
    marigold.refresh_from_db()
    assert marigold.status == "unsubscribed"


def test_the_taking_back_of_one_stop_does_not_undo_a_later_one(reader, marigold, time_machine):
    page = visit(marigold).press("Stop all letters")
    again = page.button("Start them again")["value"]
    page.press("Start them again")
    time_machine.move_to(timezone.now() + timedelta(minutes=5))
    reader.post(f"/newsletter/unsubscribe/{marigold.unsubscribe_token}/")

    reader.post(page_of(marigold), {"again": again})

    marigold.refresh_from_db()
    assert marigold.status == "unsubscribed"


def test_nobody_who_never_said_yes_is_started_by_taking_a_stop_back(reader, publication):
    someone = Subscriber.objects.create(email="fern@example.com")
    someone.unsubscribe()
    reader.post(page_of(someone), {"again": someone.again_token})

    someone.refresh_from_db()
    assert someone.status == "unsubscribed"


def test_stopping_letters_leaves_stories_and_a_second_press_stops_those_too(marigold, post):
    marigold.follows.begin(marigold, post)
    page = visit(marigold).press("Stop all letters")
    marigold.refresh_from_db()
    assert (marigold.status, marigold.frequency) == ("active", "none")
    assert page.sees("You get no letters. We tell you when there is news on one story.")

    page.press("Stop news on stories too")
    marigold.refresh_from_db()
    assert marigold.status == "unsubscribed"
    assert not marigold.follows.going_on().exists()

    page.press("Start them again")
    assert marigold.follows.going_on().exists()


def test_nobody_is_kept_from_leaving(marigold, settings):
    page = page_of(marigold)
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"})
    for _ in range(61):
        elsewhere.post(page, {"pause": "1"})
    elsewhere.post(page, {"stop": "letters"})

    marigold.refresh_from_db()
    assert marigold.status == "unsubscribed"


# What it shows, and to whom ----------------------------------------------------------------------


def test_the_long_lived_link_shows_no_address_and_no_story(marigold, post, reader):
    marigold.follows.begin(marigold, post)
    Tag.objects.all().delete()
    pages = [reader.get(page_of(marigold) + more) for more in ("stories/", "address/", "?joined=1")]
    own = reader.get(page_of(marigold)).content.decode()

    assert "Stories I follow: one" in own
    assert "marigold" not in own
    assert all(b"marigold@" not in page.content for page in pages)
    assert b"Hot days" not in pages[0].content


@pytest.mark.parametrize("more", ["", "stories/", "address/", "?done=saved", "?joined=1"])
def test_nobody_keeps_a_copy_of_the_page(marigold, reader, more):
    headers = reader.get(page_of(marigold) + more).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("token", ["x", "2" * 32, "0" * 64, "\x00", "é" * 64, "2" * 500])
def test_a_link_that_we_never_made_says_so_and_offers_a_new_one(reader, publication, token):
    for path in ("manage/{}/", "manage/{}/stories/", "manage/{}/address/", "address/{}/"):
        answer = reader.post("/newsletter/" + path.format(token), {"stop": "all"})
        assert answer.status_code == 404
        assert "/newsletter/manage/" in answer.content.decode()


def test_a_link_of_another_purpose_or_a_revoked_one_is_none(reader, marigold):
    assert reader.get(f"/newsletter/manage/{marigold.unsubscribe_token}/").status_code == 404

    page = page_of(marigold)
    marigold.revoke_links()
    assert reader.get(page).status_code == 404


def test_a_press_from_another_site_is_asked_for_once_more_with_the_choices_kept(marigold):
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"})
    answer = save(elsewhere, marigold, frequency="monthly")

    assert answer.status_code == 403
    assert 'value="monthly" checked' in answer.content.decode()
    marigold.refresh_from_db()
    assert marigold.frequency == "weekly"


def test_after_confirming_the_same_page_says_that_they_are_signed_up(marigold, post):
    page = Person().open(page_of(marigold) + "?joined=1")

    assert page.heading == "You’re signed up"
    assert page.button("Save my choices")
    assert page.sees("Each post") and page.sees("Discreet")


def test_a_scanner_that_follows_all_links_twice_changes_nothing(marigold, post, mailoutbox, commit):
    marigold.follows.begin(marigold, post)
    with commit():
        memo = marigold.memos.send_link(marigold)
        moving = marigold.memos.ask_new_address(marigold, "new@example.com")
    before = list(Subscriber.objects.values()), marigold.follows.values().get()
    scanner = Client(headers={"Sec-Purpose": "prefetch"})
    own = [page_of(marigold), f"/newsletter/manage/{memo.secret}/"]
    more = ["", "stories/", "address/", "?stopped=x", "?done=paused", "stories/?ended=hot-days"]
    links = [link + end for link in own for end in more]
    links += [f"/newsletter/address/{moving.secret}/", "/newsletter/manage/"]

    for link in links * 2:
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200

    assert before == (list(Subscriber.objects.values()), marigold.follows.values().get())
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("slug", ["\x00", "a b", "é\x00", "x" * 5000])
def test_an_odd_name_of_a_story_is_none(reader, marigold, slug):
    memo = marigold.memos.send_link(marigold, "stories")
    memo.deliver()
    path = reverse("newsletter:stories", args=[memo.secret])

    assert reader.get(path, {"ended": slug}).status_code == 200
    assert reader.post(path, {"end": slug}).status_code == 200


def test_no_page_names_a_post_that_is_not_public(reader, marigold, post):
    Post.objects.filter(pk=post.pk).update(published_at=None)
    memo = marigold.memos.send_link(marigold, "stories")
    memo.deliver()
    path = reverse("newsletter:stories", args=[memo.secret])

    assert post.title not in reader.get(path, {"ended": post.slug}).content.decode()


@pytest.mark.parametrize("button", ["pause", "resume"])
def test_an_old_page_promises_no_pause_to_who_has_left(reader, marigold, button):
    marigold.unsubscribe()
    page = reader.post(page_of(marigold), {button: "3"}, follow=True).content.decode()

    assert "Your pause" not in page
    assert "You get no letters from us" in page
