"""“Know me on this device”, from the private page: a press sets a cookie, another takes it away."""

import pytest
from django.test import Client

from comments import known


@pytest.fixture
def press(hold):
    url = hold().writer.get_absolute_url()

    def go(step, browser):
        return browser.post(url, {"step": step}, follow=True)

    return go


def test_one_press_makes_it_known_and_one_forgets_it(press, reader):
    assert "Forget me on this device" in press("know", reader).text
    assert known.COOKIE in reader.cookies

    assert "Know me on this device" in press("forget", reader).text
    assert not reader.cookies[known.COOKIE].value


def test_another_sites_button_makes_nobody_known(press, publication):
    browser = Client(headers={"Sec-Fetch-Site": "cross-site"})

    assert press("know", browser).status_code == 403
    assert known.COOKIE not in browser.cookies
