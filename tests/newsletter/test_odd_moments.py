"""Moments in which a letter could go twice, or not at all: rare, and all of them were possible."""

import smtplib
from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Post
from newsletter.models import Delivery, Edition, Issue, IssuePost
from newsletter.tasks import tick
from newsletter.throttle import Bucket, Rest
from tests.newsletter.ways import Fake, Http


def test_a_rest_that_was_asked_for_outlives_the_drain_that_heard_it(use, letter_to):
    carrier = use(Fake(most=2))

    def limited(number, people, key):
        if number == 2:
            raise Http(429, "600")

    carrier.on_call = limited
    letter_to(6)
    Delivery.objects.deliver_due()
    assert Rest.objects.left("fake") > 500


def another_post(post, title="Cold days", **facts):
    return Post.objects.create(
        title=title,
        slug=title.lower().replace(" ", "-"),
        author=post.author,
        in_short="a\nb\nc",
        body="x",
        **{"published_at": timezone.now()} | facts,
    )


def test_a_post_never_gets_into_a_letter_that_has_started(weekly, post, subscribe):
    subscribe("marigold")
    weekly.compose(timezone.now())
    seen_by_tick = weekly.issues.open().first()  # what keep_time() or draft() reads
    Issue.objects.get(pk=seen_by_tick.pk).start()
    late = another_post(post)
    seen_by_tick.gather()
    assert late in weekly.new_posts()


def test_the_bits_of_a_letter_that_has_started_do_not_move(weekly, post, subscribe):
    subscribe("marigold")
    weekly.compose(timezone.now())
    seen_by_tick = weekly.issues.open().first()
    Issue.objects.get(pk=seen_by_tick.pk).start()
    before = IssuePost.objects.get(post=post).bit
    another_post(post)
    seen_by_tick.gather()
    assert IssuePost.objects.get(post=post).bit == before


def test_who_took_a_letter_back_stopped_it_also_in_the_minute_it_was_due(
    weekly, post, subscribe, later, time_machine
):
    subscribe("marigold")
    issue = weekly.compose(timezone.now())
    issue.approve()
    time_machine.move_to(timezone.now() + timedelta(minutes=11))
    due = list(Issue.objects.overdue())  # start_overdue() has read this
    assert Issue.objects.get(pk=issue.pk).take_back()
    for letter in due:
        getattr(letter, "start_when_due", letter.start)()
    issue.refresh_from_db()
    assert issue.status == Issue.Status.DRAFT


@pytest.mark.parametrize("answer", ["251 2.0.0 will forward", "garbage"])
def test_an_odd_answer_after_the_content_is_no_reason_to_send_twice(smtp, letter_to, later, answer):
    issue = letter_to(1)
    smtp.trouble("dot", answer=answer, taken=True, times=2)
    tick()
    for _ in range(4):
        later(minutes=10)
    assert smtp.recipients == ["reader000@example.com"], issue.deliveries.counts()


def test_while_one_bad_address_is_looked_for_nobody_gets_it_twice(use, letter_to, time_machine):
    """A slow search: the lease of the second half runs out during the search in the first."""
    carrier = use(Fake(name="resend", most=100, repeats_for=timedelta(hours=23)))

    def search(number, people, key):
        if number == 1:
            raise Http(422)
        if number == 2:  # the first half took its time; another worker comes by
            time_machine.move_to(timezone.now() + timedelta(seconds=130))
            Delivery.objects.deliver_due()

    carrier.on_call = search
    letter_to(4)
    Delivery.objects.deliver_due()
    assert sorted(carrier.got) == sorted(set(carrier.got)), carrier.calls


def test_what_was_claimed_and_not_sent_costs_no_limit(use, letter_to):
    carrier = use(Fake())
    Bucket.objects.create(carrier="fake", allowed=500, seconds=Bucket.Window.DAY)

    def busy(number, people, key):
        raise smtplib.SMTPSenderRefused(421, b"busy", "x")

    carrier.on_call = busy
    letter_to(60)
    Delivery.objects.deliver_due()
    assert len(carrier.calls) == 1
    assert Bucket.objects.get().left >= 48


def test_confirmations_count_against_a_limit(smtp, sign_up):
    Bucket.objects.create(carrier="smtp", allowed=500, seconds=Bucket.Window.DAY)
    sign_up("marigold@example.com")
    assert len(smtp.taken) == 1
    assert Bucket.objects.get().left is not None


def test_an_outage_does_not_put_the_whole_list_in_doubt(use, letter_to):
    carrier = use(Fake(most=10))

    def down(number, people, key):
        raise Http(503)

    carrier.on_call = down
    issue = letter_to(100)
    Delivery.objects.deliver_due()
    assert issue.deliveries.uncertain().count() <= 10


def test_a_server_that_always_hangs_up_after_the_content_does_not_put_all_in_doubt(smtp, letter_to):
    issue = letter_to(50)
    smtp.trouble("dot", drop=True, times=1000)
    tick()
    assert issue.deliveries.uncertain().count() <= 10


def test_retried_after_another_letter_brought_it_a_post_still_comes_once(
    use, weekly, post, subscribe
):
    carrier = use(Fake())
    monthly = Edition.objects.create(
        kind="monthly", since=weekly.since, switched_on_at=weekly.since
    )
    marigold = subscribe("marigold")

    def full(number, people, key):
        if number == 1:
            raise smtplib.SMTPRecipientsRefused({people[0]: (552, b"5.2.2 full")})

    carrier.on_call = full
    first = weekly.compose(timezone.now())
    first.start()
    Delivery.objects.deliver_due()
    assert first.deliveries.counts() == {"failed": 1}
    marigold.frequency = "monthly"
    marigold.save()
    monthly.compose(timezone.now()).start()
    Delivery.objects.deliver_due()
    assert carrier.got == ["marigold@example.com"]
    first.retry_failed()
    Delivery.objects.deliver_due()
    assert carrier.got == ["marigold@example.com"]


def test_a_late_answer_to_a_call_is_believed_while_nobody_called_again(
    use, letter_to, time_machine
):
    """As of mails that go one by one: it was sent again by a press, and not claimed yet."""
    carrier = use(Fake(name="mailgun", most=100))

    def slow(number, people, key):
        if number == 1:
            time_machine.move_to(timezone.now() + timedelta(seconds=130))
            Delivery.objects.reclaim()
            Issue.objects.get().deliveries.uncertain().send_again()

    carrier.on_call = slow
    letter_to(2)
    Delivery.objects.deliver_due()
    Delivery.objects.deliver_due()
    assert sorted(carrier.got) == sorted(set(carrier.got)), carrier.calls


def test_a_letter_that_no_provider_can_take_does_not_fail_for_everybody(use, letter_to):
    """422 to each single mail (Postmark: the sender is not confirmed): our letter, not a person."""
    carrier = use(Fake(name="postmark"))

    def unknown_sender(number, people, key):
        raise Http(422)

    carrier.on_call = unknown_sender
    issue = letter_to(50)
    Delivery.objects.deliver_due()
    assert issue.deliveries.failed().count() <= 5
