"""The first version's rows move on, and back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

FIRST, NOW = [("newsletter", "0001_initial")], timezone.now()


@pytest.fixture
def migrate(transactional_db):
    def to(targets):
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("newsletter")
    yield to, latest
    to(MigrationExecutor(connection).loader.graph.leaf_nodes())  # the floor above went back, too


def an_old_ledger(apps):
    """A letter that was sent, one that is being sent, and two whose maker died."""
    model = lambda name: apps.get_model("newsletter", name)  # noqa: E731
    weekly = model("Edition").objects.create(kind="weekly", zone="Europe/London")
    person = model("Subscriber").objects.create(
        public_id="a", email="marigold@example.com", status="active", confirmed_at=NOW
    )
    facts = {
        "sent": {"started_at": NOW, "finished_at": NOW},
        "sending": {"started_at": NOW},
        "scheduled": {},
    }
    for days, status in enumerate(["sent", "sending", "scheduled", "scheduled"]):
        issue = model("Issue").objects.create(
            public_id=f"i{days}",
            edition=weekly,
            period=NOW + timedelta(days=days),
            status=status,
            **facts[status],
        )
    issue = model("Issue").objects.get(status="sending")
    model("Delivery").objects.create(issue=issue, subscriber=person, status="queued")


def test_what_was_being_sent_goes_on_and_of_two_that_waited_one_does(migrate):
    to, latest = migrate
    an_old_ledger(to(FIRST))
    issues = to(latest).get_model("newsletter", "Issue").objects

    assert issues.get(status="sending").frozen_at == NOW
    assert issues.get(status="scheduled").starts_at == NOW + timedelta(days=3)
    assert issues.filter(status="cancelled").count() == 1


def test_back_and_forth_loses_no_row(migrate):
    to, latest = migrate
    an_old_ledger(to(FIRST))
    to(latest)
    to(FIRST)
    apps = to(latest)

    assert apps.get_model("newsletter", "Issue").objects.count() == 4
    assert apps.get_model("newsletter", "Delivery").objects.get().status == "queued"


BEFORE, EARLIER = [("newsletter", "0004_engine_rules")], NOW - timedelta(days=9)
PEOPLE = {
    "fern": {"status": "active", "confirmed_at": EARLIER},
    "Moss+Letters": {"status": "paused", "confirmed_at": EARLIER, "paused_until": NOW.date()},
    "ivy": {"status": "pending"},
    "oak": {"status": "unsubscribed", "confirmed_at": EARLIER, "unsubscribed_at": NOW},
}


def people_of_before(apps):
    """One in each state, with what they agreed to and the mail that asked them."""
    model = lambda name: apps.get_model("newsletter", name).objects  # noqa: E731
    for name, facts in PEOPLE.items():
        person = model("Subscriber").create(
            public_id=name[:3], email=f"{name}@example.com", signed_up_at=EARLIER, **facts
        )
        model("Confirmation").create(public_id=name[:3], subscriber=person, used_at=EARLIER)
        model("Consent").create(subscriber=person, wording="2026-10", page="box")
    model("Suppression").create(address_hash="a", reason="bounce")


def test_people_of_before_are_spelled_dated_and_counted(migrate):
    to, latest = migrate
    people_of_before(to(BEFORE))
    model = lambda name: to(latest).get_model("newsletter", name).objects  # noqa: E731

    moss = model("Subscriber").get(public_id="Mos")
    assert (moss.canonical, moss.mailbox) == ("moss+letters@example.com", "moss@example.com")
    assert set(model("Subscriber").values_list("asked_at", flat=True)) == {EARLIER}
    assert dict(model("Tally").values_list("what", "number")) == {"joined": 3, "left": 1}


def test_people_lose_nothing_that_the_earlier_version_knows_on_the_way_back(migrate):
    to, latest = migrate
    people_of_before(to(BEFORE))
    to(latest)
    apps = to(BEFORE)
    model = lambda name: apps.get_model("newsletter", name).objects  # noqa: E731

    known = model("Subscriber").order_by("pk").values_list("email", "status", "signed_up_at")
    assert [*known] == [(f"{n}@example.com", f["status"], EARLIER) for n, f in PEOPLE.items()]
    assert model("Confirmation").filter(used_at=EARLIER).count() == len(PEOPLE)
    assert model("Consent").filter(page="box").count() == len(PEOPLE)
