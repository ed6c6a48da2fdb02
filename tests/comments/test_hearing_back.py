"""An address to hear back, given with a reply: optional, never shown, never lost."""

import pytest
from bs4 import BeautifulSoup

from comments.models import Comment, Receipt, Writer


def main(response):
    return BeautifulSoup(response.content, "html.parser").main


def said(response):
    return " ".join(main(response).get_text().split())


@pytest.fixture
def asked(db):
    """Which writers are asked whether an address is theirs; why not, where they are not."""
    return lambda: [
        (receipt.writer_id, receipt.subscriber.email, receipt.reason)
        for receipt in Receipt.objects.order_by("pk")
    ]


@pytest.fixture(autouse=True)
def _unhurried(time_machine, words):
    time_machine.move_to("2030-01-01", tick=False)
    from blog.forms import StampInput

    words["stamp"] = StampInput().format_value(None)
    time_machine.shift(30)


def test_an_address_without_any_tick_is_the_writers(send, asked):
    send(email=" tern@example.com ")

    assert asked() == [(Writer.objects.get().pk, "tern@example.com", "")]


def test_none_is_asked_for(send, asked):
    assert send(email="").status_code == 303
    assert asked() == []


def test_letters_are_a_wish_beside_it(send, asked):
    send(email="tern@example.com", letters="on")

    assert [email for _pk, email, _why in asked()] == ["tern@example.com"]


def test_what_a_machine_may_have_filled_in_says_so(send, asked):
    send(email="tern@example.com", website="x")

    assert asked()[0][2] == "honeypot"


def test_sent_again_with_an_address_added_the_address_counts(send, asked):
    send()
    send(email="tern@example.com")

    assert len(asked()) == 1 and Comment.objects.count() == 1


@pytest.mark.parametrize("wrong", ["tern", "tern@", "a@b@c.example", "tern@exa mple.com", "@"])
def test_a_wrong_address_is_said_with_a_link_and_everything_stays(send, wrong):
    response = send(email=wrong)

    page = main(response)
    assert response.status_code == 400
    assert page.find(role="alert").a["href"] == "#email"
    assert page.find("details").has_attr("open")
    assert page.find(id="email")["value"] == wrong
    assert page.find("textarea").get_text().strip() == "A wet scarf."


def test_reading_it_through_says_what_the_address_is_for(send, asked):
    page = said(send(step="check", email="tern@example.com"))

    assert "We write to tern@example.com: first to make sure that it is yours" in page
    assert asked() == []


def test_without_one_it_says_that_no_mail_comes(send):
    assert "You gave no e-mail address, so no mail comes." in said(send(step="check"))


def test_read_through_and_sent_the_address_is_still_there(send, reader, address, asked):
    page = main(send(step="check", email="tern@example.com"))
    kept = {field["name"]: field["value"] for field in page.find_all(type="hidden")}

    reader.post(address, kept | {"step": "send"})

    assert [email for _pk, email, _why in asked()] == ["tern@example.com"]


def test_the_details_are_closed_until_somebody_wants_them(reader, address):
    details = main(reader.get(address)).find("details")

    assert not details.has_attr("open")
    assert details.find(id="email")["autocomplete"] == "email"


def test_the_thank_you_page_does_not_repeat_the_address(send, reader):
    response = send(email="tern@example.com")

    assert "tern@example.com" not in reader.get(response.url).text


def test_without_an_address_the_link_is_the_only_way_back(send, reader):
    page = said(reader.get(send().url))

    assert "the only way back to your reply, because you gave no e-mail address" in page
    assert "We wrote" not in page
