"""News on a story goes to who follows it: exactly those people, once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Post, Tag
from newsletter import tokens
from newsletter.models import Delivery, Edition, Follow, Issue, Subscriber
from newsletter.tasks import tick
from tests.newsletter import ways

TEN_MINUTES = {"minutes": 10, "seconds": 1}


@pytest.fixture(autouse=True)
def edition(publication):
    """On since a month, like the weekly one."""
    a_month_ago = timezone.now() - timedelta(days=30)
    return Edition.objects.create(kind="story", since=a_month_ago, switched_on_at=a_month_ago)


@pytest.fixture
def story(post):
    """The old post that people follow."""
    Post.objects.filter(pk=post.pk).update(
        title="CCSVI: the liberation", published_at=timezone.now() - timedelta(days=4_000)
    )
    post.refresh_from_db()
    return post


@pytest.fixture
def follow(subscribe, story):
    """Somebody who follows it, and gets no letters: follow("fern", frequency="weekly")."""

    def begin(name, of=None, *, frequency="none"):
        someone = subscribe(name, frequency=frequency)
        Follow.objects.begin(someone, of or story)
        return someone

    return begin


@pytest.fixture
def publish(sara, story):
    """A post that has news on the story: publish("Six years on")."""

    def make(title="Six years on", *, of=None, **facts):
        facts = {"body": "-", "in_short": "Three trials have reported."} | facts
        new = Post.objects.create(
            title=title, author=sara.author, **({"published_at": timezone.now()} | facts)
        )
        new.follows_up.set([story] if of is None else of)
        return new

    return make


def people(mails):
    return sorted(mail.to[0].partition("@")[0] for mail in mails)


# Whom it goes to ---------------------------------------------------------------------------------


def test_exactly_those_who_follow_it_get_one_mail(
    follow, subscribe, publish, later, commit, mailoutbox
):
    follow("fern")
    follow("moss", frequency="monthly")
    subscribe("bram", frequency="monthly")
    publish()
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)
        later(**TEN_MINUTES)

    assert people(mailoutbox) == ["fern", "moss"]
    assert Issue.objects.get().equation.holds


def test_it_leaves_ten_minutes_to_change_ones_mind(follow, publish, later, commit, mailoutbox):
    follow("fern")
    publish()
    with commit():
        later(minutes=1)
        later(minutes=8)
        assert mailoutbox == []
        Issue.objects.get().take_back()
        later(hours=1)

    assert mailoutbox == []


def test_withdrawn_within_them_it_never_goes(follow, publish, later, commit, mailoutbox):
    follow("fern")
    news = publish()
    with commit():
        later(minutes=1)
        Post.objects.filter(pk=news.pk).update(withdrawn_at=timezone.now())
        later(**TEN_MINUTES)

    assert mailoutbox == []


def test_no_longer_marked_within_them_it_waits_until_it_is_again(
    follow, publish, story, later, commit, mailoutbox
):
    follow("fern")
    news = publish()
    with commit():
        later(minutes=1)
        news.follows_up.clear()
        later(**TEN_MINUTES)
        assert mailoutbox == []
        news.follows_up.set([story])
        later(minutes=1)
        later(**TEN_MINUTES)

    assert people(mailoutbox) == ["fern"]


def test_skipped_by_hand_it_is_not_made_again(follow, publish, later, commit, mailoutbox):
    follow("fern")
    publish()
    with commit():
        later(minutes=1)
        Issue.objects.get().cancel()
        later(minutes=1)
        later(**TEN_MINUTES)

    assert (mailoutbox, Issue.objects.get().status) == ([], "cancelled")


def test_left_out_by_hand_it_is_not_made_again(follow, publish, later, commit, mailoutbox):
    follow("fern")
    news = publish()
    with commit():
        later(minutes=1)
        Issue.objects.get().leave_out(news.pk)
        later(**TEN_MINUTES)
        later(minutes=1)
        later(**TEN_MINUTES)

    assert (mailoutbox, Issue.objects.get().status) == ([], "empty")


def test_what_nobody_follows_does_not_pile_up(follow, publish, later, commit, mailoutbox):
    publish()
    later(minutes=1)
    follow("fern")
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)

    assert mailoutbox == []
    assert not Issue.objects.exclude(status="empty").exists()


def test_who_pauses_meanwhile_gets_no_backlog(follow, publish, later, commit, mailoutbox):
    fern = follow("fern")
    fern.pause(until=timezone.now().date() + timedelta(days=30))
    publish()
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)
        fern.resume()
        later(minutes=1)
        later(**TEN_MINUTES)

    assert mailoutbox == []
    assert Issue.objects.get().exclusions == {"paused": 1}


def test_a_second_post_on_the_story_is_a_letter_of_its_own(
    follow, publish, later, commit, mailoutbox
):
    follow("fern")
    publish("Six years on")
    publish("Seven years on", published_at=timezone.now() + timedelta(seconds=1))
    with commit():
        for _ in range(3):
            later(minutes=1)
            later(**TEN_MINUTES)

    assert [mail.subject for mail in mailoutbox] == [
        "News on “CCSVI”: Six years on",
        "News on “CCSVI”: Seven years on",
    ]
    assert [issue.items.count() for issue in Issue.objects.all()] == [1, 1]


def test_a_post_that_follows_up_two_tells_each_follower_once(
    follow, publish, story, sara, later, commit, mailoutbox
):
    other = Post.objects.create(
        title="Trials", body="-", author=sara.author, published_at=story.published_at
    )
    fern = follow("fern")
    Follow.objects.begin(fern, other)
    follow("moss", other)
    publish(of=[story, other])
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)

    assert people(mailoutbox) == ["fern", "moss"]


def test_news_on_a_post_that_was_withdrawn_goes_to_nobody(
    follow, publish, story, later, commit, mailoutbox
):
    follow("fern")
    Post.objects.filter(pk=story.pk).update(withdrawn_at=timezone.now())
    publish()
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)

    assert mailoutbox == []


def test_who_begins_after_it_was_told_is_not_told(follow, publish, later, commit, mailoutbox):
    follow("fern")
    publish()
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)
        follow("moss")
        later(**TEN_MINUTES)

    assert people(mailoutbox) == ["fern"]


# Once over all letters ---------------------------------------------------------------------------


@pytest.mark.parametrize("story_first", [True, False])
def test_who_gets_letters_too_gets_the_post_once(
    follow, publish, edition, weekly, subscribe, commit, mailoutbox, story_first
):
    follow("fern", frequency="weekly")
    subscribe("bram", frequency="weekly")
    publish()
    with commit():
        for kind in [edition, weekly] if story_first else [weekly, edition]:
            kind.send_now()

    assert people(mailoutbox) == ["bram", "fern"]


def test_topics_keep_no_news_from_who_asked_for_it(follow, publish, later, commit, mailoutbox):
    fern = follow("fern", frequency="monthly")
    Subscriber.objects.filter(pk=fern.pk).update(all_topics=False)
    publish().tags.add(Tag.objects.create(name="heat", slug="heat"))
    with commit():
        later(minutes=1)
        later(**TEN_MINUTES)

    assert people(mailoutbox) == ["fern"]


# While it goes -----------------------------------------------------------------------------------


@pytest.fixture
def started(follow, publish, edition):
    """Started to these people, and nothing handed over yet."""

    def start(*names, **facts):
        for name in names:
            follow(name, **facts)
        publish()
        issue = edition.draft()
        issue.start()
        return issue

    return start


WAYS = [ways.by_smtp, ways.by_mailgun, ways.by_resend]


@pytest.mark.parametrize("way", WAYS)
def test_who_wants_no_letters_gets_it_by_every_way(started, settings, smtp, provider, way):
    sink = smtp if way is ways.by_smtp else provider
    way(settings, sink)
    started("fern", "moss")
    tick()

    assert sorted(sink.recipients) == ["fern@example.com", "moss@example.com"]


@pytest.mark.parametrize("way", WAYS)
def test_who_stops_following_before_it_leaves_does_not_get_it(
    started, settings, smtp, provider, way
):
    sink = smtp if way is ways.by_smtp else provider
    way(settings, sink)
    issue = started("fern", "moss", frequency="weekly")
    Subscriber.objects.get(email="fern@example.com").stop_stories(issue.stories())
    tick()

    assert sink.recipients == ["moss@example.com"]
    assert Delivery.objects.get(status="skipped").reason == "stopped following"


def test_who_stops_after_the_claim_does_not_get_it(started, use, settings):
    issue = started("fern", "moss", "reed", frequency="weekly")
    carrier = use(ways.Fake())
    reed = Subscriber.objects.get(email="reed@example.com")
    carrier.on_call = lambda number, people, key: reed.stop_stories(issue.stories())
    tick()

    assert carrier.got == ["fern@example.com", "moss@example.com"]
    issue.refresh_from_db()
    assert (issue.status, issue.equation.holds) == ("sent", True)


def test_many_followers_cost_no_query_each(started, use, django_assert_max_num_queries):
    issue = started(*[f"reader{number}" for number in range(80)])
    use(ways.Fake(most=100))
    with django_assert_max_num_queries(60):
        issue.deliveries.deliver_due()

    assert issue.deliveries.filter(status="sent").count() == 80


# Its words ---------------------------------------------------------------------------------------


def test_it_says_why_it_comes_and_what_is_new(started, mailoutbox):
    started("fern")
    tick()

    [mail] = mailoutbox
    html = mail.alternatives[0][0]
    for part in (mail.body, html):
        words = " ".join(part.split())
        assert "You asked to hear when there is news on “CCSVI: the liberation”." in words
        assert "Three trials have reported." in part
        assert "Stop news on this story" in part
    assert html.count("<h1") == 1


def test_a_discreet_one_names_no_illness(started, mailoutbox):
    issue = started("fern")
    Subscriber.objects.update(quiet=True)
    issue.deliveries.deliver_due()

    [mail] = mailoutbox
    preheader = re.search(r'class="preheader"[^>]*>([^<]*)', mail.alternatives[0][0])[1]
    assert mail.subject == "New post from Slow Signal"
    assert not re.search("CCSVI|Six|trial", mail.subject + mail.from_email + preheader)


def test_it_is_in_no_archive(started, reader):
    issue = started("fern")
    tick()

    assert issue.public_id not in reader.get("/newsletter/issues/").content.decode()
    assert reader.get(issue.get_absolute_url()).status_code == 404


# Stopping ----------------------------------------------------------------------------------------


@pytest.fixture
def way_out(started, mailoutbox):
    """The one link of the headers, of a mail to who gets letters too."""

    def path(**facts):
        started("fern", **facts)
        tick()
        [mail] = mailoutbox
        header = mail.extra_headers["List-Unsubscribe"]
        return re.fullmatch(r"<https?://[^/]+(/newsletter/unfollow/.+/)>", header)[1]

    return path


def test_looking_ends_nothing(way_out, reader):
    path = way_out()
    reader.get(path)
    reader.head(path)

    assert "Stop news on this story" in reader.get(path).content.decode()
    assert Follow.objects.going_on().count() == 1


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "nothing"])
def test_a_mail_programs_button_ends_this_story_and_nothing_else(way_out, story, sara, post, kind):
    path = way_out(frequency="weekly")
    fern = Subscriber.objects.get()
    other = Post.objects.create(title="Sleep", body="-", author=sara.author)
    Follow.objects.begin(fern, other)
    bare = Client(enforce_csrf_checks=True)
    body = {
        "urlencoded": {
            "data": "List-Unsubscribe=One-Click",
            "content_type": "application/x-www-form-urlencoded",
        },
        "multipart": {"data": {"List-Unsubscribe": "One-Click"}},
        "nothing": {},
    }[kind]
    answers = [bare.post(path, **body) for _ in range(2)]

    fern.refresh_from_db()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [follow.story for follow in Follow.objects.going_on()] == [other]
    assert (fern.status, fern.frequency) == ("active", "weekly")


def test_the_page_says_truly_what_goes_on(way_out, reader):
    path = way_out(frequency="weekly")

    assert "Your letters go on as they are." in reader.post(path).content.decode()


def test_whose_last_wish_it_was_gets_no_mail_any_more(way_out, reader):
    path = way_out()
    answer = reader.post(path).content.decode()

    assert Subscriber.objects.get().status == "unsubscribed"
    assert "You get no mail from us any more." in answer


def test_it_ends_what_it_was_about_also_when_the_post_is_unmarked_since(way_out, reader):
    path = way_out(frequency="weekly")
    Post.objects.get(title="Six years on").follows_up.clear()
    reader.post(path)

    assert not Follow.objects.going_on().exists()


def test_no_title_is_shown_to_who_has_only_the_link(way_out, reader):
    path = way_out()

    assert "CCSVI" not in reader.get(path).content.decode() + reader.post(path).content.decode()


def test_a_link_of_another_purpose_ends_nothing(way_out, reader):
    path = way_out(frequency="weekly")
    fern = Subscriber.objects.get()
    wrong = path.replace(fern.unfollow_token, fern.unsubscribe_token)

    assert reader.post(wrong).status_code == 404
    assert Follow.objects.going_on().count() == 1


def test_a_link_that_names_another_letter_changes_nothing(way_out, reader):
    path = way_out(frequency="weekly")
    wrong = path.replace(Issue.objects.get().public_id, tokens.public_id())

    assert reader.post(wrong).status_code == 404
    assert Follow.objects.going_on().count() == 1


def test_a_link_of_who_was_erased_since_says_that_no_mail_comes(way_out, reader):
    path = way_out()
    Subscriber.objects.all().delete()

    for answer in (reader.get(path), reader.post(path)):
        assert answer.status_code == 200
        assert "You get no more letters" in answer.content.decode()


# On the site -------------------------------------------------------------------------------------


def test_the_old_post_names_the_news_before_its_words(publish, story, reader):
    news = publish()
    page = reader.get(story.get_absolute_url()).content.decode()

    assert f'News on this: <a href="{news.get_absolute_url()}">Six years on</a>' in page
    assert page.index("News on this") < page.index("In short")


def test_the_new_post_names_the_old_one(publish, story, reader):
    page = reader.get(publish().get_absolute_url()).content.decode()

    assert f'This follows up <a href="{story.get_absolute_url()}">CCSVI: the liberation' in page


@pytest.mark.parametrize(
    "facts",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=1)},
        {"unlisted": True},
        {"withdrawn_at": timezone.now()},
    ],
)
def test_news_that_is_not_public_is_not_named(publish, story, reader, facts):
    publish(**facts)

    assert "News on this" not in reader.get(story.get_absolute_url()).content.decode()


@pytest.fixture
def save(desk, sara):
    def post_form(**facts):
        plain = {"title": "Six years on", "body": "Words.", "author": sara.author.pk}
        counts = {"questions-TOTAL_FORMS": 0, "questions-INITIAL_FORMS": 0}
        return desk.post("/admin/blog/post/add/", plain | counts | facts)

    return post_form


def test_the_author_marks_what_a_post_follows_up(save, story):
    save(follows_up=[story.pk], published_at_0="2026-11-20", published_at_1="09:00")

    assert list(Post.objects.get(title="Six years on").follows_up.all()) == [story]


def test_a_post_cannot_follow_up_a_later_one(save, story):
    page = save(follows_up=[story.pk], published_at_0="2001-11-20", published_at_1="09:00")

    assert "is not older than this post" in page.content.decode()
    assert not Post.objects.filter(title="Six years on").exists()


def test_a_post_cannot_follow_up_itself(desk, story, sara):
    plain = {"title": "x", "body": "Words.", "author": sara.author.pk, "follows_up": [story.pk]}
    counts = {"questions-TOTAL_FORMS": 0, "questions-INITIAL_FORMS": 0}
    page = desk.post(f"/admin/blog/post/{story.pk}/change/", plain | counts | {"slug": story.slug})

    assert "A post cannot follow up itself." in page.content.decode()
    assert not story.follows_up.exists()


def test_the_letter_can_be_looked_at_and_stopped_at_the_desk(desk, follow, publish, later, commit):
    follow("fern")
    publish()
    with commit():
        later(minutes=1)
    page = desk.get("/admin/newsletter/issue/compose/story/", follow=True).content.decode()

    assert "One person asked for it." in page
    assert "Stop. Do not send it" in page
