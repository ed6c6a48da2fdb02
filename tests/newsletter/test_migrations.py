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
    to(latest)


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
