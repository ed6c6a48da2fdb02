"""What name servers say of the sender is looked at now and then, and shown before a letter goes."""

import pytest
from django.core.cache import cache

from newsletter import domain, preflight, tasks


@pytest.fixture
def public(settings, monkeypatch):
    """A site that others see; name servers that know nothing of it."""
    settings.LOCAL_MODE, settings.EMAIL_URL = False, "smtp://relay.example.org"
    asked = []
    monkeypatch.setattr(domain, "look_up", lambda name, kind: asked.append(name) or [])
    return asked


def test_what_the_records_lack_is_said_before_a_letter_goes(public, weekly, post):
    tasks.look_at_domain()

    looks = preflight.of(weekly.draft()).looks
    assert any("records" in str(finding.name) for finding in looks)


def test_the_page_itself_asks_no_name_server(public, weekly, post):
    preflight.of(weekly.draft())

    assert public == []


def test_on_ones_own_machine_nobody_is_asked(public, settings, publication):
    settings.LOCAL_MODE = True
    tasks.look_at_domain()

    assert public == [] and cache.get(domain.NOTED) is None
