"""Who chose topics gets what has one of them: nothing else, and all of it."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post, Tag
from newsletter.models import Delivery, Edition, Subscriber, Variant, audience, issues


@pytest.fixture
def topic():
    """A topic of this name: topic("heat")."""
    return lambda name: Tag.objects.get_or_create(name=name, slug=name)[0]


@pytest.fixture
def write(sara, topic):
    """A post of these topics, public for so many hours: write("Heat waves", "heat")."""

    def make(title, *topics, hours=1):
        at = timezone.now() - timedelta(hours=hours)
        post = Post.objects.create(title=title, body="-", author=sara.author, published_at=at)
        post.tags.set([topic(name) for name in topics])
        return post

    return make


@pytest.fixture
def choosy(subscribe, topic):
    """Somebody who chose these topics: choosy("fern", "heat")."""

    def make(name, *topics, **facts):
        someone = subscribe(name, all_topics=False, **facts)
        someone.topics.set([topic(name) for name in topics])
        return someone

    return make


@pytest.fixture
def send(weekly, commit):
    def go():
        with commit():
            issue = weekly.send_now()
        issue.refresh_from_db()
        return issue

    return go


def brought(mailoutbox):
    """To whom which posts went."""
    return {
        mail.to[0].partition("@")[0]: set(re.findall(r"^Post (\w)", mail.body, re.MULTILINE))
        for mail in mailoutbox
    }


def test_each_gets_what_has_one_of_their_topics(write, choosy, subscribe, send, mailoutbox):
    write("Post A", "heat")
    write("Post B", "heat", "research", hours=2)
    write("Post C", hours=3)
    subscribe("everything")
    choosy("heat", "heat")
    choosy("research", "research", "unused")
    issue = send()

    assert brought(mailoutbox) == {
        "everything": {"A", "B", "C"},
        "heat": {"A", "B"},
        "research": {"B"},
    }
    assert issue.equation.holds


def test_the_letter_of_who_gets_some_counts_only_those(write, choosy, send, mailoutbox):
    write("Post A", "heat")
    write("Post B", "research", hours=2)
    choosy("heat", "heat")
    send()

    assert mailoutbox[0].subject == "Slow Signal: Post A"
    assert "One new post this week" in mailoutbox[0].body


def test_who_has_nothing_of_theirs_gets_no_letter_and_is_counted(write, choosy, subscribe, send):
    write("Post A", "heat")
    choosy("research", "research")
    subscribe("everything")
    issue = send()

    assert issue.exclusions == {"other topics": 1}
    assert (issue.candidates, issue.deliveries.count()) == (2, 1)
    assert issue.equation.holds


def test_whose_last_topic_was_deleted_gets_everything_as_their_page_says(
    write, choosy, subscribe, topic, send, reader, mailoutbox
):
    write("Post A", "heat")
    fern, moss = choosy("fern", "research"), choosy("moss", "research", "body")
    topic("research").delete()
    page = reader.get(f"/newsletter/manage/{fern.manage_token}/").content.decode()
    send()

    assert re.search(r'value="all"[^>]* checked', page)
    assert "Only about" not in page
    assert brought(mailoutbox) == {"fern": {"A"}}
    assert moss.deliveries.count() == 0


def test_the_sum_says_why_somebody_is_left_out(write, choosy, subscribe, send):
    write("Post A", "heat")
    choosy("research", "research")
    subscribe("everything")

    assert "1 who chose other topics" in send().equation.as_a_sum


def test_had_by_another_letter_and_of_other_topics_is_one_sum(
    write, choosy, weekly, commit, send, mailoutbox
):
    """A was had, B is of other topics: nothing is left, and both reasons are not one."""
    post = write("Post A", "heat")
    write("Post B", "research", hours=2)
    each = Edition.objects.create(
        kind="each", since=weekly.since, switched_on_at=weekly.switched_on_at
    )
    someone = choosy("heat", "heat", frequency="each")
    with commit():
        issue = each.compose(timezone.now())
        issue.items.exclude(post=post).update(left_out=True)
        issue.start()
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    mailoutbox.clear()
    issue = send()

    assert issue.exclusions == {"other topics": 1}
    assert (mailoutbox, issue.equation.holds) == ([], True)


def test_left_out_for_its_topics_it_was_not_had(write, choosy, weekly, send, mailoutbox, commit):
    """So a letter of another edition brings it to who has all topics by then."""
    write("Post A", "heat")
    someone = choosy("research", "research")
    send()
    Subscriber.objects.filter(pk=someone.pk).update(all_topics=True, frequency="monthly")
    monthly = Edition.objects.create(
        kind="monthly", since=weekly.since, switched_on_at=weekly.switched_on_at
    )
    with commit():
        monthly.send_now()

    assert brought(mailoutbox) == {"research": {"A"}}


def test_sent_again_it_goes_by_the_topics_of_now(write, choosy, weekly, topic, commit, mailoutbox):
    write("Post A", "heat")
    write("Post B", "research", hours=2)
    fern, moss = choosy("fern", "heat", "research"), choosy("moss", "heat")
    issue = weekly.compose(timezone.now())
    issue.start()
    issue.deliveries.update(status="failed")
    fern.topics.set([topic("research")])
    moss.topics.set([topic("unused")])
    with commit():
        issue.retry_failed()

    assert brought(mailoutbox) == {"fern": {"B"}}
    assert Delivery.objects.get(subscriber=moss).reason == "other topics"


def test_who_gets_each_post_gets_no_letter_about_other_topics(
    write, choosy, weekly, commit, mailoutbox
):
    Edition.objects.create(kind="each", since=weekly.since, switched_on_at=weekly.switched_on_at)
    write("Post A", "heat")
    choosy("research", "research", frequency="each")
    choosy("heat", "heat", frequency="each")
    with commit():
        Edition.objects.get(kind="each").send_now()

    assert brought(mailoutbox) == {"heat": {"A"}}


def test_readers_who_want_everything_cost_no_look_at_topics(
    write, subscribe, weekly, django_assert_max_num_queries
):
    write("Post A", "heat")
    subscribe("everything")
    issue = weekly.compose(timezone.now())
    with django_assert_max_num_queries(200) as captured:
        issue.start()

    assert not any("newsletter_subscriber_topics" in query["sql"] for query in captured)


NAMES = ["heat", "research", "body"]
SOME = st.sets(st.sampled_from(NAMES))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    posts=st.lists(SOME, min_size=1, max_size=4),
    people=st.lists(st.tuples(SOME, st.booleans()), max_size=6),
)
def test_nobody_gets_a_post_without_their_topics_and_nobody_misses_one(
    weekly, write, choosy, topic, monkeypatch, mailoutbox, posts, people
):
    monkeypatch.setattr(issues, "FIRST_PART", 2)
    monkeypatch.setattr(audience.AudienceQuerySet.go_on, "__kwdefaults__", {"size": 2})
    with transaction.atomic():
        mailoutbox.clear()
        of_topics = {"ABCD"[place]: topics for place, topics in enumerate(posts)}
        for name, topics in of_topics.items():
            write(f"Post {name}", *topics, hours=ord(name) - 64)
        wanted = {}
        for number, (topics, everything) in enumerate(people):
            someone = choosy(f"r{number}", *topics)
            Subscriber.objects.filter(pk=someone.pk).update(all_topics=everything)
            everything = everything or not topics
            theirs = {name for name in of_topics if everything or of_topics[name] & topics}
            wanted |= {f"r{number}": theirs} if theirs else {}
        issue = weekly.compose(timezone.now())
        issue.start()
        while Delivery.objects.go_on(issue):
            pass
        issue.deliveries.deliver_due()

        assert brought(mailoutbox) == wanted
        issue.refresh_from_db()
        assert issue.equation.holds
        assert Variant.objects.count() < 2 ** len(posts)
        transaction.set_rollback(True)
