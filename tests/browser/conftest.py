"""The whole group as `make run` starts it, and Debian's Chromium to walk through it."""

import itertools
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.group import running

CLIENTS = itertools.count(1)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A fresh publication with the demo in it, up and ready."""
    with running(tmp_path_factory.mktemp("site")) as group:
        yield group


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, site):
    """Open a new browser: `visit(scripts=False, width=320)` gives a page of its own."""
    contexts = []

    def open_page(*, scripts=True, width=1280, height=900):
        context = chromium.new_context(
            base_url=site.url,
            java_script_enabled=scripts,
            viewport={"width": width, "height": height},
            # A person of its own to the limits: a proxy's word is believed on this machine.
            extra_http_headers={"X-Forwarded-For": f"192.0.2.{next(CLIENTS)}"},
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.foreign, page.refused = [], []
        page.on(
            "console",
            lambda message: (
                page.refused.append(message.text) if "Content Security" in message.text else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(site.url) else page.foreign.append(request.url)
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
