"""A letter on its way: the page tells the truth, and every press comes to its word."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.admin import make_groups
from newsletter.models import Bucket, Delivery, Issue, Rest
from newsletter.models.progress import Equation, Progress


@pytest.fixture
def going(weekly, post, subscribe):
    """On its way to five, nobody has it yet: nothing was rung for."""
    for number in range(5):
        subscribe(f"reader{number}")
    issue = weekly.draft()
    issue.start()
    return issue


@pytest.fixture
def became(going):
    """Write down what became of the first so many: became(sent=2, failed=1)."""

    def write(**numbers):
        rows = iter(going.deliveries.order_by("pk"))
        for status, count in numbers.items():
            for _ in range(count):
                row = next(rows)
                facts = {"sent_at": timezone.now()} if status == "sent" else {"reason": "why"}
                Delivery.objects.filter(pk=row.pk).update(status=status, **facts)
        return going

    return write


@pytest.fixture
def member(publication):
    make_groups()

    def make(*roles, rights=()):
        user = User.objects.create_user("helper", password="x", is_staff=True)
        user.groups.set(Group.objects.filter(name__in=roles))
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


def at(issue, place="change"):
    return f"/admin/newsletter/issue/{issue.pk}/{place}/"


def said(answer):
    return " ".join(answer.content.decode().partition("<main")[2].split())


def test_it_says_how_many_have_it_and_how_everybody_is_accounted_for(desk, became):
    issue = became(sent=2, failed=1, uncertain=1)

    words = said(desk.get(at(issue)))

    assert "It is on its way. 2 of 5 have it." in words
    assert "2 sent + 1 failed + 0 left out + 1 not certain + 1 waiting = 5 = 5 people" in words


def test_who_paused_stands_in_the_sum(desk, weekly, post, subscribe):
    subscribe("marigold")
    subscribe("heron").pause(until=timezone.now().date())
    issue = weekly.draft()
    issue.start()

    assert "= 1 = 2 people − 1 who paused" in said(desk.get(at(issue)))


def test_why_somebody_was_left_out_is_said_in_words(desk, going):
    going.deliveries.filter(pk=going.deliveries.first().pk).update(
        status="skipped", reason="unsubscribed"
    )

    assert "They stopped all letters: 1" in said(desk.get(at(going)))


def test_every_reason_of_a_row_has_its_words(going, subscribe):
    from newsletter.models.progress import WHY_NOT

    row = going.deliveries.first()
    reasons = set()
    for status in ("unsubscribed", "paused", "pending"):
        row.subscriber.status = status
        reasons.add(row.unwanted())
    row.subscriber = None
    reasons |= {row.unwanted(), "cancelled", "no newsletter", "suppressed"}

    assert reasons <= set(WHY_NOT)


def test_while_the_readers_are_counted_it_says_so_and_promises_no_sum(desk, going):
    Issue.objects.update(frozen_at=None)

    words = said(desk.get(at(going)))

    assert "still counting the readers" in words
    assert " = 5 people" not in words


def test_stopped_it_says_how_many_have_it_and_can_go_on(desk, became):
    issue = became(sent=2)
    stopped = said(desk.post(at(issue, "stop"), follow=True))
    issue.refresh_from_db()

    assert issue.status == "paused"
    assert "Stopped. 2 of 5 have it." in stopped
    assert "Go on" in stopped


def test_going_on_everybody_gets_it(desk, going, mailoutbox, commit):
    desk.post(at(going, "stop"))
    with commit():
        desk.post(at(going), {"do": "go-on"})

    assert len(mailoutbox) == 5
    assert "It is sent. 5 of 5 have it." in said(desk.get(at(going)))


def test_cancelling_the_rest_is_asked_once_more(desk, became, mailoutbox):
    issue = became(sent=2)
    asked = said(desk.get(at(issue, "cancel")))
    issue.refresh_from_db()
    assert "2 people have it already, and keep it." in asked
    assert issue.status == "sending"

    done = said(desk.post(at(issue, "cancel"), follow=True))

    assert "Cancelled. Nobody else gets it." in done
    assert "2 sent + 0 failed + 3 left out + 0 not certain = 5 = 5 people" in done


@pytest.mark.parametrize(
    ("place", "form"),
    [
        ("stop", {}),
        ("cancel", {}),
        ("change", {"do": "go-on"}),
        ("change", {"do": "speed", "per_minute": "60"}),
    ],
)
def test_a_press_that_comes_too_late_is_told_so_and_changes_nothing(desk, going, place, form):
    Issue.objects.update(status="sent", finished_at=timezone.now())
    before = Issue.objects.values().get()

    words = said(desk.post(at(going, place), form, follow=True))

    assert "It is sent." in words
    assert Issue.objects.values().get() == before


@pytest.mark.parametrize(("wish", "kept"), [("60", 60), ("", None), ("7", 10), ("x", 10)])
def test_the_speed_can_be_changed_while_it_runs(desk, going, wish, kept):
    Issue.objects.update(per_minute=10)
    desk.post(at(going), {"do": "speed", "per_minute": wish})

    going.refresh_from_db()
    assert going.per_minute == kept


def test_the_speed_that_it_has_is_the_one_that_is_shown(desk, going):
    Issue.objects.update(per_minute=25)

    assert '<option value="25" selected>' in said(desk.get(at(going)))


def test_why_it_stopped_by_itself_is_said_in_words(desk, going):
    Issue.objects.update(status="paused", stopped_because="bounces")

    words = said(desk.get(at(going)))
    assert "It stopped by itself, because more than one in twenty" in words


def test_those_that_are_not_certain_go_again_on_one_press(desk, became, mailoutbox, commit):
    issue = became(sent=3, uncertain=2)
    Issue.objects.update(status="sent", finished_at=timezone.now())
    assert "Send again to the 2 that are not certain" in said(desk.get(at(issue)))

    with commit():
        desk.post(at(issue), {"do": "resend"})

    assert len(mailoutbox) == 2
    issue.refresh_from_db()
    assert (issue.status, issue.equation.sent) == ("sent", 5)


def test_what_failed_is_tried_again_but_for_dead_addresses(desk, became, mailoutbox, commit):
    issue = became(failed=3)
    dead = issue.deliveries.filter(status="failed").first()
    Delivery.objects.filter(pk=dead.pk).update(bounced_at=timezone.now())
    issue.deliveries.filter(status="queued").update(status="sent", sent_at=timezone.now())
    words = said(desk.get(at(issue)))
    assert "Try the 2 that failed again" in words
    assert "one because its address does not exist" in words

    with commit():
        desk.post(at(issue), {"do": "retry"})

    assert len(mailoutbox) == 2
    dead.refresh_from_db()
    assert dead.status == "failed"


def test_nobody_of_a_cancelled_letter_gets_it_after_all(desk, became, mailoutbox, commit):
    issue = became(uncertain=2)
    issue.cancel()
    assert "not certain</button>" not in said(desk.get(at(issue)))

    with commit():
        desk.post(at(issue), {"do": "resend"})

    assert mailoutbox == []
    assert issue.deliveries.filter(status="uncertain").count() == 2


def test_an_operator_sends_held_ones_again_and_stops_nothing(member, became, mailoutbox, commit):
    issue = became(sent=4, uncertain=1)
    operator = member("operator")
    assert operator.post(at(issue, "stop")).status_code == 403
    assert operator.post(at(issue), {"do": "go-on"}).status_code == 403
    assert operator.post(at(issue), {"do": "speed"}).status_code == 403

    with commit():
        operator.post(at(issue), {"do": "resend"})

    assert len(mailoutbox) == 1


def test_an_operator_sees_who_did_not_get_it_with_their_addresses(member, became):
    issue = became(failed=1, uncertain=1)
    Delivery.objects.filter(issue=issue, status="queued").update(
        status="sent", sent_at=timezone.now()
    )
    path = f"/admin/newsletter/delivery/?issue__id__exact={issue.pk}"

    assert path in member("operator").get(at(issue)).content.decode()
    User.objects.all().delete()
    assert member("operator").get(path).content.decode().count("@example.com") == 2


def test_who_may_only_look_changes_nothing(member, became):
    issue = became(uncertain=1)
    looker = member(rights=["view_issue"])

    assert "It is on its way." in said(looker.get(at(issue)))
    for verb in ("resend", "retry", "speed", "go-on", "nonsense"):
        assert looker.post(at(issue), {"do": verb}).status_code == 403


def test_a_moderator_sees_no_letter(member, going):
    assert member("moderator").get(at(going)).status_code == 403


def test_no_address_stands_on_the_page(desk, became):
    assert "@example.com" not in said(desk.get(at(became(failed=2))))


def test_looking_changes_nothing(desk, going):
    before = (Issue.objects.values().get(), list(Delivery.objects.values()))
    for place in ("change", "cancel", "preview", "preview/html"):
        desk.get(at(going, place))

    assert (Issue.objects.values().get(), list(Delivery.objects.values())) == before


def test_following_a_link_never_stops_a_letter(desk, going):
    assert desk.get(at(going, "stop")).status_code == 405
    assert Issue.objects.get().status == "sending"


def test_a_letter_that_is_not_there_is_not_found(desk, publication):
    for place in ("change", "cancel", "preview", "preview/html"):
        assert desk.get(f"/admin/newsletter/issue/99/{place}/").status_code == 404


def test_the_script_only_runs_while_there_is_something_to_see(desk, going):
    assert "data-going" in said(desk.get(at(going)))
    going.cancel()

    assert "data-going" not in said(desk.get(at(going)))


counts = st.integers(0, 10_000)


@given(counts, counts, counts, counts, counts, counts, counts)
def test_the_sum_on_the_page_is_right_whenever_the_ledger_is(
    sent, failed, skipped, uncertain, waiting, paused, had
):
    deliveries = sent + failed + skipped + uncertain + waiting
    candidates = deliveries + paused + had
    facts = (candidates, paused + had, deliveries, sent, failed, skipped, uncertain, paused)

    parts, middle, people = Equation(*facts).as_a_sum.split(" = ")

    assert sum(int(part.split()[0]) for part in parts.split(" + ")) == int(middle)
    first, *rest = (int(part.split()[0]) for part in people.split(" − "))
    assert first - sum(rest) == int(middle)


@pytest.mark.parametrize(
    ("waiting", "per_minute", "words"),
    [
        (0, 10, ""),
        (10, 0, ""),
        (1, 10, "about 1 minute"),
        (100, 10, "about 10 minutes"),
        (1200, 10, "about 2 hours"),
    ],
)
def test_the_time_left_is_said_in_words(db, waiting, per_minute, words):
    equation = Equation(waiting, 0, waiting, 0, 0, 0, 0)

    assert Progress(equation, per_minute, freezing=False).time_left == words


def test_operators_set_limits_and_only_see_rests(member):
    operator = member("operator")
    form = {"carrier": "smtp", "allowed": 100, "seconds": 3600}
    operator.post("/admin/newsletter/bucket/add/", form)
    rest = Rest.objects.create(carrier="smtp", until=timezone.now(), times=1)

    assert Bucket.objects.get().allowed == 100
    assert operator.get("/admin/newsletter/rest/").status_code == 200
    assert operator.post("/admin/newsletter/rest/add/", {"carrier": "x"}).status_code == 403
    assert operator.get(f"/admin/newsletter/rest/{rest.pk}/delete/").status_code == 403


def test_the_speed_of_a_letter_is_no_limit_of_a_carrier(member, going):
    Bucket.objects.create(carrier=f"issue {going.pk}", seconds=60, allowed=10)

    assert f"issue {going.pk}" not in said(member("operator").get("/admin/newsletter/bucket/"))
