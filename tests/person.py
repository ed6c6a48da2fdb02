"""A person with a browser and no scripts: opens pages, fills in forms by their labels, presses."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.test import Client


class Person:
    """Walks the site over HTTP as Chromium with scripts off would, in a browser of its own."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client(headers={"Sec-Fetch-Site": "same-origin"})
        self.url = "/"
        self.status = 0
        self.page = BeautifulSoup()
        self._typed: dict[int, str | bool] = {}

    def open(self, url: str) -> Person:
        """Go to an address, on this site whatever host it names."""
        parts = urlsplit(urljoin(self.url, url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self._show(self.client.get(path, follow=True), path)

    def follow(self, words: str) -> Person:
        """Press a link by (part of) its words, the hidden ones included."""
        for link in self.page.find_all("a", href=True):
            if words in said(link):
                return self.open(str(link["href"]))
        raise AssertionError(f"no link “{words}” on {self.url}: {self.links()}")

    def fill(self, label: str, text: str) -> Person:
        self._typed[id(self.field(label))] = text
        return self

    def tick(self, label: str) -> Person:
        self._typed[id(self.field(label))] = True
        return self

    def press(self, words: str) -> Person:
        """Press a button: sends its form with what was typed and what the page put there."""
        button = self.button(words)
        form = button.find_parent("form")
        assert form is not None, f"the button “{words}” is in no form"
        data = self._data(form)
        if button.get("name"):
            data[str(button["name"])] = str(button.get("value", ""))
        action = urljoin(self.url, str(form.get("action") or self.url))
        if str(form.get("method", "get")).lower() == "get":
            return self._show(self.client.get(action, data, follow=True), action)
        return self._show(self.client.post(action, data, follow=True), action)

    def sees(self, words: str) -> bool:
        return words in said(self.page.main or self.page)

    @property
    def heading(self) -> str:
        return said(self.page.h1) if self.page.h1 else ""

    def value(self, label: str) -> str:
        field = self.field(label)
        return field.get_text().removeprefix("\n") if field.name == "textarea" else field["value"]

    def links(self) -> list[str]:
        return [said(link) for link in (self.page.main or self.page).find_all("a")]

    def field(self, label: str) -> Tag:
        for element in self.page.find_all("label"):
            if label in said(element):
                inside = element.find(["input", "textarea", "select"])
                field = inside or self.page.find(id=element.get("for"))
                assert field is not None, f"the label “{label}” names no field"
                return field
        raise AssertionError(f"no field “{label}” on {self.url}")

    def button(self, words: str) -> Tag:
        for button in self.page.find_all("button"):
            if said(button) == words:
                return button
        buttons = [said(button) for button in self.page.find_all("button")]
        raise AssertionError(f"no button “{words}” on {self.url}: {buttons}")

    def _data(self, form: Tag) -> dict[str, str]:
        data = {}
        for field in form.find_all(["input", "textarea", "select"]):
            typed = self._typed.get(id(field))
            if not field.get("name"):
                continue
            if field.get("type") in {"checkbox", "radio"}:
                if typed or (typed is None and field.has_attr("checked")):
                    data[field["name"]] = field.get("value", "on")
            elif field.name == "textarea":
                data[field["name"]] = typed or field.get_text().removeprefix("\n")
            else:
                data[field["name"]] = typed or field.get("value", "")
        return data

    def _show(self, response, url: str) -> Person:
        self.url = response.redirect_chain[-1][0] if response.redirect_chain else url
        self.status = response.status_code
        self.page = BeautifulSoup(response.content, "html.parser")
        self._typed = {}
        return self


def said(element: Tag) -> str:
    return " ".join(element.get_text().split())
