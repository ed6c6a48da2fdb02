"""A gentle word before sending: pointed out once; it may be sent all the same."""

from bs4 import BeautifulSoup

from comments.models import Comment

NUMBER = "020 7946 0018"
SENTENCE = "There is a telephone number in it, and this page is open to everyone."


def main(response):
    return BeautifulSoup(response.content, "html.parser").main


def hidden(response):
    return {field["name"]: field["value"] for field in main(response).find_all(type="hidden")}


def test_sent_at_once_it_is_shown_first_and_nothing_is_kept(send):
    response = send(text=f"Call me: {NUMBER}")

    notice = main(response).find("section", class_="notice")
    assert notice.h2.get_text() == "A gentle word before you send"
    assert SENTENCE in notice.get_text()
    assert not Comment.objects.exists()


def test_the_place_is_marked_in_the_words_below(send):
    response = send(text=f"Call me: *{NUMBER}*", step="check")

    assert [mark.get_text() for mark in main(response).find_all("mark")] == [NUMBER]
    assert "It is marked in your words below." in main(response).get_text()


def test_the_second_press_sends_it_as_it_is(send, reader, address):
    kept = hidden(send(text=f"Call me: {NUMBER}"))

    response = reader.post(address, kept | {"step": "send"})

    assert response.status_code == 303
    assert Comment.objects.get().body == f"Call me: {NUMBER}"


def test_change_it_gives_all_words_back(send, reader, address):
    kept = hidden(send(text=f"Call me: {NUMBER}", email="tern@example.com", known="on"))

    page = main(reader.post(address, kept | {"step": "change"}))

    assert page.find("textarea").get_text() == f"\nCall me: {NUMBER}"
    assert page.find(id="email")["value"] == "tern@example.com"
    assert page.find("input", attrs={"name": "known"}).has_attr("checked")
    assert page.find("details").has_attr("open")


def test_changed_words_are_looked_at_anew(send, reader, address):
    kept = hidden(send(text="Harmless.", step="check"))
    form = hidden(reader.post(address, kept | {"step": "change"}))

    response = send(**form | {"text": f"Call me: {NUMBER}"})

    assert SENTENCE in main(response).get_text() and not Comment.objects.exists()


def test_a_word_about_the_name_marks_nothing(send):
    page = main(send(name="Anna Meier", email="anna.meier@example.com"))

    assert "The name is the one of your e-mail address." in page.get_text()
    assert not page.find("mark") and "It is marked" not in page.get_text()


def test_harmless_words_are_simply_sent(send):
    assert send().status_code == 303


def test_what_is_wrong_is_said_before_the_gentle_word(send):
    response = send(text=f"Call me: {NUMBER}", name="")

    assert response.status_code == 400
    assert NUMBER in main(response).find("textarea").get_text()


def test_the_same_word_is_said_once(send):
    text = "Book at veins.example, ten percent off. Use my name for a discount of 10 euros."

    notice = main(send(text=text)).find("section", class_="notice")

    said = [line.get_text() for line in notice.find_all("li")]
    assert said and len(said) == len(set(said))
