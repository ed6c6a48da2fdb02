"""The thank-you page and the private link: seeing a reply, and taking it back."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from newsletter import tokens


def said(response):
    main = BeautifulSoup(response.content, "html.parser").main
    return " ".join(main.get_text().split())


@pytest.fixture
def comment(hold):
    return hold()


@pytest.fixture
def mine(reader, comment):
    """The private page: open it, or press one of its buttons."""
    url = comment.writer.get_absolute_url()

    def go(step=None, browser=reader, reply=comment.public_id):
        if step is None:
            return browser.get(url)
        return browser.post(url, {"step": step, "reply": reply}, follow=True)

    return go


def sent_url(comment):
    return f"/replies/sent/{comment.writer.token}/"


def test_the_thank_you_page_gives_the_private_link_in_groups(reader, comment, settings):
    settings.SITE_URL = "https://slow-signal.example"

    page = said(reader.get(sent_url(comment)))

    assert "Thank you. Sara has your reply. Nobody else can see it yet." in page
    assert f"https://slow-signal.example/replies/mine/{comment.writer.token}/" in page
    assert comment.writer.token.count("-") == 7


def test_the_thank_you_page_leads_to_the_private_one_once_it_is_decided(reader, comment, sara):
    comment.publish(by=sara)

    response = reader.get(sent_url(comment))

    assert response.url == comment.writer.get_absolute_url()


def test_a_waiting_reply_is_shown_to_its_writer_with_its_state(mine):
    page = said(mine())

    assert "A wet scarf." in page and "Marigold" in page
    assert "It is waiting. Sara reads it, usually within two days." in page


def test_a_published_reply_links_to_its_place(mine, comment, sara):
    comment.publish(by=sara)

    response = mine()

    assert "It is published" in said(response)
    assert f'href="{comment.get_absolute_url()}"' in response.text


@pytest.mark.parametrize("verdict", ["reject", "mark_spam"])
def test_a_reply_that_is_not_shown_says_so_without_a_code(mine, comment, sara, verdict):
    getattr(comment, verdict)(by=sara)

    page = said(mine())

    assert "It is not shown on the page." in page
    assert "spam" not in page and "rejected" not in page


def test_the_first_press_only_asks(mine, comment):
    page = said(mine("ask"))

    assert "What do you take back?" in page and "Take only my name back" in page
    comment.refresh_from_db()
    assert comment.body == "A wet scarf."


def test_the_second_press_takes_words_and_name_away_for_good(mine, comment):
    page = said(mine("remove"))

    assert "You took this reply back on" in page and "A wet scarf." not in page
    comment.refresh_from_db()
    assert (comment.status, comment.body, comment.body_html, comment.name) == (
        "withdrawn",
        "",
        "",
        "",
    )


def test_taken_back_it_is_nowhere(mine, comment, sara, reader, desk):
    comment.publish(by=sara)
    mine("remove")

    for page in (
        reader.get(comment.post.get_absolute_url()),
        desk.get("/admin/comments/comment/?state=all"),
        desk.get(f"/admin/comments/comment/{comment.pk}/change/"),
        mine(),
    ):
        assert page.status_code == 200
        assert "A wet scarf." not in page.text and "Marigold" not in page.text


def test_it_can_be_taken_back_in_every_state_and_only_once(mine, comment, sara):
    comment.mark_spam(by=sara)
    mine("remove")
    mine("remove")

    assert comment.decisions.filter(verdict=Comment.Status.WITHDRAWN).count() == 1


def test_nobody_brings_back_what_was_taken_back(comment, sara):
    comment.withdraw()

    assert not comment.publish(by=sara)
    assert not comment.hold_again(by=sara)


def test_a_publish_that_was_under_way_does_not_bring_the_words_back(comment, sara):
    on_the_desk = Comment.objects.get(pk=comment.pk)
    comment.withdraw()

    assert not on_the_desk.publish(by=sara)
    assert (on_the_desk.status, on_the_desk.body, on_the_desk.body_html) == ("withdrawn", "", "")


def test_a_link_reaches_no_other_persons_reply(mine, show):
    other = show(name="Bram")

    mine("remove", reply=other.public_id)

    other.refresh_from_db()
    assert other.is_published


@pytest.mark.parametrize("method", ["get", "head"])
def test_no_get_changes_anything(reader, comment, method):
    for query in ("", "?step=remove&reply=" + comment.public_id):
        getattr(reader, method)(comment.writer.get_absolute_url() + query)
        getattr(reader, method)(sent_url(comment) + query)

    comment.refresh_from_db()
    assert comment.is_waiting


def test_another_sites_button_only_asks_again(mine, comment):
    response = mine("remove", browser=Client(headers={"Sec-Fetch-Site": "cross-site"}))

    assert response.status_code == 403
    assert "Please press the button once more." in said(response)
    comment.refresh_from_db()
    assert comment.is_waiting


@pytest.mark.parametrize("kind", ["mine", "sent"])
def test_a_link_with_one_wrong_character_is_a_plain_404(reader, comment, kind):
    token = tokens.make(tokens.MINE, comment.writer.public_id)

    for place, letter in enumerate(token):
        wrong = token[:place] + ("2" if letter != "2" else "3") + token[place + 1 :]
        assert reader.get(f"/replies/{kind}/{wrong}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "2" * 32, "2" * 5000, "-", "----"])
def test_invented_links_are_a_plain_404(reader, publication, token):
    assert reader.get(f"/replies/mine/{token}/").status_code == 404
    assert reader.post(f"/replies/mine/{token}/", {"step": "remove"}).status_code == 404


def test_links_of_other_purposes_and_cut_ones_open_nothing(reader, comment):
    name = comment.writer.public_id
    whole = tokens.make(tokens.MINE, name)

    for token in (tokens.make(tokens.CONFIRM, name), name, whole[:-1], whole + "2"):
        assert reader.get(f"/replies/mine/{token}/").status_code == 404


def test_a_raised_version_revokes_the_link(mine, comment):
    comment.writer.link_version = 1
    comment.writer.save()

    assert mine().status_code == 404


def test_an_older_key_still_opens_it(mine, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer key"

    assert mine().status_code == 200


@pytest.mark.parametrize("kind", ["mine", "sent"])
def test_private_pages_are_for_no_cache_no_search_engine_and_no_other_site(reader, comment, kind):
    headers = reader.get(f"/replies/{kind}/{comment.writer.token}/").headers

    assert headers["Cache-Control"] == "private, no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_all_replies_of_a_person_are_behind_one_link_the_newest_first(reader, hold):
    first = hold(body="One.")
    hold(body="Two.", writer=first.writer)

    page = said(reader.get(first.writer.get_absolute_url()))

    assert 0 < page.index("Two.") < page.index("One.")


def test_many_replies_are_paged_and_take_no_more_queries(
    reader, hold, django_assert_max_num_queries
):
    first = hold(body="The first.")
    for number in range(22):
        hold(body=f"Reply {number}.", writer=first.writer)
    url = first.writer.get_absolute_url()

    with django_assert_max_num_queries(6):
        newest = said(reader.get(url))
    oldest = said(reader.get(url + "?page=2"))

    assert "Page 1 of 2." in newest and "The first." not in newest
    assert "Page 2 of 2." in oldest and "The first." in oldest


@pytest.mark.parametrize("page", ["0", "-1", "3", "x", "9" * 40])
def test_a_page_that_is_not_there_is_a_plain_404(mine, reader, comment, page):
    assert reader.get(f"{comment.writer.get_absolute_url()}?page={page}").status_code == 404


def test_a_reply_whose_time_was_over_says_so_and_offers_nothing(mine, comment, sara):
    comment.reject(by=sara)
    Comment.objects.filter(pk=comment.pk).update(body="", name="", purged_at=timezone.now())

    page = mine()

    assert "We do not keep such words for long, so they are gone." in said(page)
    assert 'name="reply"' not in page.text


def test_a_reply_that_readers_reported_says_so(mine, comment, sara):
    comment.publish(by=sara)
    comment.hold_for_review()

    assert "It is off the page for now." in said(mine())


def test_a_press_leads_back_to_the_same_page_and_place(reader, comment):
    url = comment.writer.get_absolute_url() + "?page=1"

    response = reader.post(url, {"step": "keep-private", "reply": comment.public_id})

    assert response.status_code == 303
    assert response.url == f"{url}#{comment.anchor}"


@pytest.mark.parametrize("named", ["", "\x00", "é" * 500, "reply-1"])
def test_a_press_that_names_no_reply_shows_the_page_as_it_is(mine, comment, named):
    response = mine("keep-private", reply=named)

    assert response.status_code == 200 and "A wet scarf." in said(response)
    assert Comment.objects.get().is_waiting


@pytest.mark.parametrize("is_published", [False, True])
def test_while_sara_is_away_the_private_pages_promise_no_two_days(
    mine, comment, sara, reader, publication, is_published
):
    if is_published:
        comment.publish(by=sara)
        comment.changes.create(name="Marigold", body="A fan.")
    publication.is_away = True
    publication.save()

    for page in (mine(), reader.get(f"{comment.writer.get_absolute_url()}{comment.public_id}/")):
        assert "Sara is away just now" in said(page)
        assert "two days" not in said(page)
