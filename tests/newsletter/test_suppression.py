"""Whom nobody writes to, whom no list brings back, and how that is lifted."""

import pytest
from django.db import IntegrityError, transaction

from newsletter.models import Suppression
from newsletter.tasks import tick

WHO = "marigold@example.com"


@pytest.fixture
def suppressed(publication):
    return lambda reason: Suppression.objects.add_address(WHO, reason)


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_a_bounce_or_a_complaint_stops_every_letter(suppressed, letter_to, mailoutbox, reason):
    issue = letter_to("marigold")
    suppressed(reason)
    tick()

    assert mailoutbox == []
    assert issue.deliveries.get().reason == "suppressed"


@pytest.mark.parametrize("reason", ["left", "erased"])
def test_who_left_and_came_back_gets_letters(suppressed, letter_to, smtp, reason):
    suppressed(reason)
    letter_to("marigold")
    tick()

    assert smtp.recipients == [WHO]


def test_lifted_it_stops_nothing(suppressed, letter_to, smtp, sara):
    assert suppressed("bounce").lift("They wrote: the mailbox works again.", by=sara)
    letter_to("marigold")
    tick()

    assert smtp.recipients == [WHO]


@pytest.mark.parametrize("reason", ["left", "erased", "bounce", "complaint"])
def test_no_list_brings_anybody_back(suppressed, reason):
    suppressed(reason)

    assert Suppression.objects.refused_to_imports([WHO, "fern@example.com"]) == {WHO}


def test_a_graver_reason_takes_a_lighter_ones_place_and_not_the_other_way(suppressed):
    suppressed("left")
    suppressed("complaint")
    suppressed("bounce")

    assert Suppression.objects.get().reason == "complaint"


def test_lifted_and_bounced_again_it_stands_again(suppressed):
    suppressed("complaint").lift("By mistake.")
    suppressed("bounce")

    again = Suppression.objects.standing().get()
    assert (again.reason, again.note) == ("bounce", "")


def test_it_is_lifted_once(suppressed):
    row = suppressed("bounce")

    assert row.lift("Works again.") and not row.lift("Really.")
    assert row.note == "Works again."


def test_it_is_not_lifted_without_a_note(suppressed):
    with pytest.raises(IntegrityError), transaction.atomic():
        suppressed("bounce").lift("")
