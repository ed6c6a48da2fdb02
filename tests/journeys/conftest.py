import re

import pytest

from tests.person import Person


@pytest.fixture
def person(publication):
    return Person()


@pytest.fixture
def another(publication):
    """Another browser, another person."""
    return Person()


@pytest.fixture(autouse=True)
def _commits(transactional_db):
    """What is rung for after commit is really rung for."""


@pytest.fixture
def mailed_link(mailoutbox):
    """The link of this kind in the newest mail: `mailed_link("confirm")`."""

    def find(kind):
        links = re.findall(rf"https?://\S+/newsletter/{kind}/\S+", mailoutbox[-1].body)
        assert links, mailoutbox[-1].body
        return links[0]

    return find
