"""J3, J4, J6 and what belongs to them, walked in Chromium on the running group."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from .test_main_job import log_in, newest_mail

pytestmark = pytest.mark.browser
ARTICLE = "/2012/07/ccsvi-and-the-liberation-treatment/"
numbers = itertools.count(1)
both_ways = pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])


def answer(page, words, name, *, email="", known=False):
    """From “Answer this” to the filled form."""
    page.goto(ARTICLE)
    page.get_by_role("link", name=re.compile("Answer this.*question 2")).click()
    page.get_by_label("Your answer").fill(words)
    page.get_by_label("Name to show").fill(name)
    if email or known:
        page.get_by_text("Hear back by e-mail (optional)").click()
        page.get_by_label("E-mail address (optional)").fill(email)
        page.get_by_role("checkbox", name="Know me on this device").set_checked(known)
    page.get_by_role("checkbox", name="Yes, show what I wrote").check()
    page.wait_for_timeout(2100)  # as no machine would


def publish(sara, name):
    sara.goto("/admin/comments/comment/")
    sara.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    sara.get_by_role("combobox", name="Action").select_option(label="Publish")
    sara.get_by_role("button", name=re.compile("Go|Run")).click()


@both_ways
def test_j3_a_gentle_word_points_at_the_phrase_and_lets_it_go(visit, site, scripts):
    page, name = visit(scripts=scripts), f"Teal {next(numbers)}"
    answer(page, "Ring me on 555 0134 if you would like to compare notes.", name)
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("h2").filter(has_text="A gentle word")).to_be_visible()
    expect(page.locator("article.reply mark")).to_contain_text("555 0134")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("h1")).to_have_text("Thank you. Sara has your reply.")
    assert page.foreign == page.refused == []


@both_ways
def test_j4_the_name_alone_and_then_the_words_are_taken_back(visit, site, scripts):
    page, sara, name = visit(scripts=scripts), visit(), f"Plover {next(numbers)}"
    words = f"It was the {name} of all summers."
    answer(page, words, name)
    page.get_by_role("button", name="Send", exact=True).click()
    link = page.get_by_role("link", name="See or remove my reply").get_attribute("href")
    log_in(sara)
    publish(sara, name)
    page.goto(ARTICLE)
    expect(page.locator("article.reply").filter(has_text=words)).to_contain_text(name)

    page.goto(link)
    page.get_by_role("button", name=re.compile("Take .*back")).click()
    page.get_by_role("button", name=re.compile("only my name", re.I)).click()
    page.goto(ARTICLE)
    expect(page.locator("article.reply").filter(has_text=words)).to_contain_text("A reader")

    page.goto(link)
    page.get_by_role("button", name=re.compile("Take .*back")).click()
    page.get_by_role("button", name=re.compile("words", re.I)).first.click()
    page.goto(ARTICLE)
    expect(page.locator("main")).not_to_contain_text(words)
    sara.goto("/admin/comments/comment/?state=all")
    expect(sara.locator("main")).not_to_contain_text(words)


@both_ways
def test_j6_help_comes_first_and_the_mail_to_sara_quotes_nothing(visit, site, scripts):
    page, words = visit(scripts=scripts), "I can’t see a reason to keep going."
    name = f"Low Tide {next(numbers)}"
    answer(page, words, name)
    page.get_by_role("button", name="Send", exact=True).click()

    help_box = page.locator("main section").first
    expect(help_box).to_contain_text("It sounds as if today is very hard")
    expect(help_box.get_by_role("link", name="116 123")).to_have_attribute("href", "tel:116123")
    expect(page.locator("h1")).to_have_text("Thank you. Sara has your reply.")
    sara = visit()
    log_in(sara)
    letter = newest_mail(sara, " care", "sara@")
    expect(letter.locator("main")).not_to_contain_text("keep going")
    expect(letter.locator("main")).not_to_contain_text(name)
    sara.goto("/admin/comments/comment/")
    expect(sara.get_by_role("row").nth(1)).to_contain_text(re.compile("Low Tide|Grey Day"))


@both_ways
def test_an_address_is_proved_by_its_mail_and_then_hears_of_the_reply(visit, site, scripts):
    page, name = visit(scripts=scripts), f"Curlew {next(numbers)}"
    address = f"curlew.{next(numbers)}@example.com"
    answer(page, f"A walk, says {name}.", name, email=address)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("h1")).to_have_text("Thank you. Sara has your reply.")

    mail = newest_mail(visit(scripts=scripts), "", address)
    expect(mail.locator("main")).not_to_contain_text("A walk")
    mail.get_by_role("link", name=re.compile("replies.prove")).click()
    mail.locator("main form button").first.click()
    expect(mail.locator("main")).to_contain_text(re.compile("repl", re.I))


@both_ways
def test_who_is_known_on_this_device_keeps_one_link_and_appears_at_once(visit, site, scripts):
    page, sara, name = visit(scripts=scripts), visit(), f"Siskin {next(numbers)}"
    log_in(sara)
    links = set()
    for count in range(2):
        answer(page, f"Answer {count} of {name}, in the garden.", f"{name} {count}", known=True)
        page.get_by_role("button", name="Send", exact=True).click()
        links.add(page.get_by_role("link", name="See or remove my reply").get_attribute("href"))
        publish(sara, f"{name} {count}")
    assert len(links) == 1

    answer(page, f"The third of {name}, under the tree.", name)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("h1")).to_have_text("Thank you. Your reply is on the page.")
    page.goto(ARTICLE)
    expect(page.locator("main")).to_contain_text(f"The third of {name}")


@both_ways
def test_a_changed_reply_shows_the_old_words_until_it_is_accepted(visit, site, scripts):
    page, sara, name = visit(scripts=scripts), visit(), f"Linnet {next(numbers)}"
    log_in(sara)
    answer(page, f"Old words of {name}.", name)
    page.get_by_role("button", name="Send", exact=True).click()
    link = page.get_by_role("link", name="See or remove my reply").get_attribute("href")
    publish(sara, name)

    page.goto(link)
    page.get_by_role("link", name="Change my reply").or_(
        page.get_by_role("button", name="Change my reply")
    ).first.click()
    page.locator("textarea").fill(f"New words of {name}.")
    page.get_by_role("button", name=re.compile("^(Send|Save)")).first.click()
    page.goto(ARTICLE)
    expect(page.locator("main")).to_contain_text(f"Old words of {name}.")
    expect(page.locator("main")).not_to_contain_text(f"New words of {name}.")

    sara.goto("/admin/comments/comment/")
    sara.get_by_role("row").filter(has_text=name).get_by_role("link").first.click()
    expect(sara.locator("main")).to_contain_text(f"New words of {name}.")
    sara.get_by_role("button", name=re.compile("Accept")).first.click()
    page.goto(ARTICLE)
    expect(page.locator("main")).to_contain_text(f"New words of {name}.")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_of_a_reply_do_not_scroll_sideways(visit, site, width):
    """J18: 1280 px at 400 % are 320 px."""
    page = visit(scripts=False, width=width)
    answer(page, "Ring me on 555 0134 if you would like to compare notes.", "Rail")
    pages = [page.url]
    page.get_by_role("button", name="Read it through before sending").click()
    for _page in range(2):
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (pages, wide)
        button = page.get_by_role("button", name="Send it")
        if button.count():
            button.click()
    page.get_by_role("link", name="See or remove my reply").click()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
