"""“Tell me of new replies”: without writing, confirmed by mail, one mail a day at most."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.models import Notice, Receipt, Watch
from newsletter.models import Consent, Subscriber, Suppression
from tests.person import Person


@pytest.fixture
def ask(reader, post, stamp, commit):
    """Fill in the page as a person does."""

    def send(email="fern@example.com", **more):
        with commit():
            return reader.post(
                reverse("comments:watch", args=[post.slug]),
                {"email": email, "stamp": stamp} | more,
            )

    return send


@pytest.fixture
def watch(publication, post):
    """Somebody who watches the thread: watch("fern")."""

    def begin(name="fern", on=None):
        person = Subscriber.objects.create(email=f"{name}@example.com")
        person.start_notices()
        Watch.objects.begin(person, on or post)
        return person.watches.get()

    return begin


@pytest.fixture
def up(hold, sara):
    """A reply that has been on the page for a quarter of an hour."""

    def make(body="A wet scarf.", **facts):
        comment = hold(body, **facts)
        comment.publish(by=sara)
        return comment

    return make


def test_the_page_under_the_post_leads_to_it(post):
    person = Person().open(post.get_absolute_url())
    person.follow("Tell me of new replies by e-mail")

    assert person.heading == "Tell me of new replies"
    assert person.sees("Hot days")


def test_a_mail_asks_and_its_button_begins_it(ask, mailoutbox):
    person = Person().open(ask()["Location"])
    assert person.heading == "Check your mail"
    assert mailoutbox[0].subject == "Please confirm: new replies at Slow Signal"
    assert "Hot days" not in mailoutbox[0].body

    person.open(reverse("comments:prove", args=[Receipt.objects.get().token]))
    person.press("Yes, tell me")

    assert person.sees("We tell you of new replies under Hot days")
    assert Watch.objects.get().ended_at is None
    assert Subscriber.objects.get().gets_notices
    assert not Subscriber.objects.get().gets_letters
    assert Consent.objects.get().page == "watch"


def test_the_answer_is_the_same_for_every_address(ask, watch):
    watch("known")
    Suppression.objects.add_address("gone@example.com", "bounce")
    answers = {
        (answer.status_code, answer["Location"])
        for answer in map(ask, ["known@example.com", "gone@example.com", "new@example.com"])
    }

    assert answers == {(303, reverse("comments:check-mail"))}


def test_a_mistyped_address_comes_back_to_be_mended(ask):
    answer = ask("fern.example.com")

    assert answer.status_code == 400
    assert 'value="fern.example.com"' in answer.text


def test_the_page_of_a_draft_is_not_there(reader, post):
    type(post).objects.update(published_at=None)

    assert reader.get(reverse("comments:watch", args=[post.slug])).status_code == 404


def test_who_watches_already_gets_no_further_question(watch, ask, mailoutbox):
    watch("fern")
    ask("fern@example.com")

    assert mailoutbox == []


def test_one_mail_says_how_many_replies_are_new(watch, up, later, mailoutbox):
    watch()
    for number in range(3):
        up(f"Reply {number}.")
    later(minutes=11)

    [mail] = mailoutbox
    assert mail.subject == "Slow Signal: new replies"
    assert "There are 3 new replies under “Hot days”." in mail.body
    assert "Reply 1." not in mail.body and "Marigold" not in mail.body


def test_it_comes_once_a_day_at_most_and_loses_none(watch, up, later, mailoutbox):
    watch()
    up("One.")
    later(minutes=11)
    up("Two.")
    later(minutes=11)
    up("Three.")
    later(hours=12)
    assert len(mailoutbox) == 1

    later(hours=13)

    assert len(mailoutbox) == 2
    assert "There are 2 new replies" in mailoutbox[1].body


def test_nothing_new_brings_no_mail(watch, up, later, mailoutbox):
    up("Before.")
    later(minutes=1)
    watch()
    for _ in range(3):
        later(days=1)

    assert mailoutbox == []
    assert not Notice.objects.exists()


def test_only_what_is_public_when_it_leaves_is_counted(watch, up, later, mailoutbox, sara):
    watch()
    up("One.")
    up("Two.").reject(by=sara)
    later(minutes=11)

    assert "There is one new reply under" in mailoutbox[0].body


def test_no_mail_leaves_when_all_that_was_new_is_gone(watch, up, time_machine, mailoutbox):
    watch()
    comment = up()
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    Notice.objects.tell_watchers()
    comment.withdraw()
    Notice.objects.all().deliver_due()

    assert mailoutbox == []
    assert Notice.objects.get().reason == "nothing new"


def test_ones_own_reply_is_no_news(known, post, up, later, mailoutbox):
    fern = known("fern")
    Watch.objects.begin(fern.subscriber, post)
    up(writer=fern)
    later(minutes=11)

    assert [mail.subject for mail in mailoutbox] == ["Slow Signal: your reply is up"]


@pytest.mark.parametrize("how", ["watch stopped", "all stopped", "paused", "post withdrawn"])
def test_who_does_not_want_it_gets_none(watch, up, later, mailoutbox, post, how):
    begun = watch()
    up()
    {
        "watch stopped": begun.stop,
        "all stopped": begun.subscriber.unsubscribe,
        "paused": lambda: begun.subscriber.pause(until=timezone.now().date() + timedelta(9)),
        "post withdrawn": lambda: type(post).objects.update(withdrawn_at=timezone.now()),
    }[how]()
    later(minutes=11)

    assert mailoutbox == []


def test_who_left_everything_and_comes_back_by_another_thread_hears_only_of_that(
    watch, up, later, mailoutbox, ask, post, sara
):
    other = type(post).objects.create(
        title="Cold days", body="Words.", author=sara.author, published_at=timezone.now()
    )
    person = watch("fern", on=other).subscriber
    person.unsubscribe()
    later(minutes=1)
    ask("fern@example.com")
    Receipt.objects.get().prove()

    going_on = Watch.objects.going_on()
    assert [watch.post for watch in going_on] == [post]


def test_a_mail_that_may_have_left_is_not_counted_again(watch, up, later, mailoutbox):
    begun = watch()
    up()
    later(minutes=11)

    begun.refresh_from_db()
    assert begun.told_at == Notice.objects.get().first_tried_at


@pytest.mark.parametrize("why", ["own reply", "suppressed"])
def test_a_watch_that_cannot_be_told_is_tried_once_and_not_each_minute(known, post, up, later, why):
    fern = known("fern")
    Watch.objects.begin(fern.subscriber, post)
    if why == "suppressed":
        Suppression.objects.add_address("fern@example.com", "bounce")
    up(writer=fern if why == "own reply" else None)
    for _ in range(4):
        later(minutes=11)

    assert Notice.objects.filter(kind="thread").count() == 1


def test_a_thousand_watchers_of_a_quiet_thread_cost_one_query(watch, up, django_assert_num_queries):
    up("Before.")
    for number in range(50):
        watch(f"reader{number}")

    with django_assert_num_queries(1):
        assert Notice.objects.tell_watchers() == 0


def test_a_mail_that_failed_tells_the_same_when_somebody_sends_it_again(
    watch, up, later, mailoutbox
):
    begun = watch()
    up("Before.")
    later(minutes=11)
    later(days=1)
    up()
    later(minutes=11)
    failed = Notice.objects.first()
    Notice.objects.filter(pk=failed.pk).update(status="failed", sent_at=None)
    told_at = Watch.objects.get().told_at

    failed.send_again()
    later(minutes=1)

    assert len(mailoutbox) == 3
    assert "There is one new reply" in mailoutbox[-1].body
    begun.refresh_from_db()
    assert begun.told_at == told_at
