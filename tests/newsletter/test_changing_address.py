"""Another address: the old mailbox says yes, then the new one, and nobody else learns anything."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post
from newsletter import moving
from newsletter.models import Memo, Subscriber, Suppression
from tests.person import Person

NEW = "fern@example.org"


@pytest.fixture
def marigold(subscribe):
    return subscribe("marigold")


@pytest.fixture
def ask(marigold, commit):
    """Ask by a fresh link that letters go there instead."""
    memo = marigold.memos.send_link(marigold, "address")
    memo.deliver()

    def send(email=NEW):
        page = Person().open(f"/newsletter/manage/{memo.secret}/address/")
        with commit():
            return page.fill("Your new e-mail address", email).press("Write to this address")

    return send


@pytest.fixture
def new_link(ask, mailoutbox, link):
    """The link in the mail to the new address."""
    ask()
    found = next(line for line in mailoutbox[-1].body.splitlines() if "/address/" in line)
    return "/newsletter/address/" + found.rstrip("/").rpartition("/")[2] + "/"


def press(link, commit):
    page = Person().open(link)
    with commit():
        return page.press("Yes, use this address")


def test_both_mailboxes_say_yes_and_then_letters_go_there(marigold, commit, mailoutbox):
    with commit():
        own = Person().open(f"/newsletter/manage/{marigold.manage_token}/")
        own.follow("Use another address").press("Send me a fresh link")
    assert mailoutbox[0].to == ["marigold@example.com"]

    fresh = next(line for line in mailoutbox[0].body.splitlines() if "/address/" in line)
    with commit():
        Person().open(fresh).fill("Your new e-mail address", NEW).press("Write to this address")
    assert mailoutbox[1].to == [NEW]

    new_link = next(line for line in mailoutbox[1].body.splitlines() if "/address/" in line)
    marigold.refresh_from_db()
    assert marigold.email == "marigold@example.com"
    assert press(new_link, commit).heading == "Your letters come here now"
    marigold.refresh_from_db()
    assert (marigold.email, marigold.canonical) == (NEW, NEW)


def test_the_old_address_is_told_but_not_where_they_went(new_link, commit, mailoutbox):
    press(new_link, commit)

    told = mailoutbox[-1]
    assert told.to == ["marigold@example.com"]
    assert NEW not in told.message().as_string()


def test_twice_is_once(new_link, commit, mailoutbox, reader):
    press(new_link, commit)
    count = len(mailoutbox)
    with commit():
        reader.post(new_link)

    assert Person().open(new_link).heading == "Your letters come here now"
    assert len(mailoutbox) == count


def test_looking_at_the_new_link_changes_and_shows_nothing(new_link, marigold):
    scanner = Client(headers={"Sec-Purpose": "prefetch"})
    for _ in range(2):
        page = scanner.get(new_link).content.decode()
        scanner.head(new_link)

    marigold.refresh_from_db()
    assert marigold.email == "marigold@example.com"
    assert "marigold" not in page


def test_the_new_mailbox_alone_opens_nobodys_page(new_link, reader):
    secret = new_link.split("/")[-2]

    for more in ("", "stories/", "address/"):
        assert reader.get(f"/newsletter/manage/{secret}/{more}").status_code == 404


def test_every_link_mailed_before_is_spent_then(marigold, ask, new_link, commit, reader):
    old = marigold.manage_token
    fresh = Memo.objects.get(kind="link").secret
    press(new_link, commit)

    for token in (old, fresh):
        assert reader.get(f"/newsletter/manage/{token}/").status_code == 404


def test_the_link_rests_after_a_day(new_link, commit, time_machine, marigold, reader):
    time_machine.move_to(timezone.now() + timedelta(hours=25))

    assert reader.post(new_link).status_code == 410
    marigold.refresh_from_db()
    assert marigold.email == "marigold@example.com"


def test_who_left_meanwhile_is_not_moved(new_link, marigold, reader):
    marigold.unsubscribe()
    page = reader.post(new_link).content.decode()

    marigold.refresh_from_db()
    assert "You get no letters from us" in page
    assert (marigold.email, marigold.status) == ("marigold@example.com", "unsubscribed")


def test_an_old_list_does_not_bring_the_old_address_back(new_link, commit):
    press(new_link, commit)

    assert Suppression.objects.refused_to_imports(["marigold@example.com", NEW]) == {
        "marigold@example.com"
    }
    assert not Suppression.objects.cover("marigold@example.com")


# What is asked for -------------------------------------------------------------------------------


def test_nothing_is_sent_to_a_suppressed_address_and_the_answer_is_the_same(ask, mailoutbox):
    count = len(mailoutbox)
    Suppression.objects.add_address("gone@example.org", "bounce")
    refused, welcome = ask("gone@example.org"), ask("here@example.org")

    assert [mail.to for mail in mailoutbox[count:]] == [["here@example.org"]]
    assert refused.sees("Check your new mailbox") and welcome.sees("Check your new mailbox")


def test_at_most_three_a_day(ask, mailoutbox):
    count = len(mailoutbox)
    for number in range(5):
        ask(f"fern{number}@example.org")

    assert len(mailoutbox) - count == 3


def test_the_address_that_they_have_is_no_other(ask, mailoutbox):
    count = len(mailoutbox)
    page = ask("marigold@example.com")

    assert page.status == 400
    assert page.sees("This is the address that we write to already.")
    assert page.value("Your new e-mail address") == "marigold@example.com"
    assert len(mailoutbox) == count


def test_another_spelling_of_the_same_is_just_written_down(ask, mailoutbox, commit, marigold):
    ask("Marigold@Example.com")
    found = next(line for line in mailoutbox[-1].body.splitlines() if "/address/" in line)
    press(found, commit)

    marigold.refresh_from_db()
    assert marigold.email.startswith("Marigold@")
    assert not Suppression.objects.exists()


def test_what_was_typed_is_kept_when_the_link_is_not_fresh_any_more(reader, marigold):
    path = f"/newsletter/manage/{marigold.manage_token}/address/"

    assert NEW in reader.post(path, {"email": NEW}).content.decode()


# Somebody is there already: the same person ------------------------------------------------------


@pytest.fixture
def fern(subscribe):
    someone = Subscriber.objects.create(email=NEW)
    someone.confirm()
    return someone


def test_two_rows_of_one_person_become_one(fern, marigold, new_link, post, commit):
    fern.follows.begin(fern, post)
    fern.consents.give(fern, page="home")
    press(new_link, commit)

    assert [person.pk for person in Subscriber.objects.all()] == [marigold.pk]
    assert marigold.follows.going_on().get().story == post
    assert marigold.consents.get().page == "home"


def test_a_story_that_was_stopped_here_and_goes_on_there_goes_on(fern, marigold, post, new_link):
    marigold.follows.begin(marigold, post)
    marigold.follows.end()
    fern.follows.begin(fern, post)
    assert Memo.objects.get(kind="new-address").use_address()

    assert marigold.follows.going_on().get().story == post


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_move_them_once(marigold, new_link, mailoutbox, at_once):
    memos = [Memo.objects.get(kind="new-address") for _ in range(2)]
    at_once(*[memo.use_address for memo in memos])

    marigold.refresh_from_db()
    assert (marigold.email, marigold.link_version) == (NEW, 1)
    assert Memo.objects.filter(kind="old-address").count() == 1


def test_nobody_is_told_before_that_somebody_is_there(fern, ask, mailoutbox):
    taken = ask(NEW)
    free = ask("nobody@example.org")

    assert str(taken.page.main.h2) == str(free.page.main.h2)
    assert mailoutbox[-2].subject == mailoutbox[-1].subject


def test_what_came_there_does_not_come_again(
    fern, marigold, new_link, weekly, post, commit, unrung
):
    issue = weekly.compose(timezone.now())
    issue.start()
    issue.deliveries.filter(subscriber=marigold).delete()
    memo = Memo.objects.get(kind="new-address")
    assert memo.use_address()

    assert issue.deliveries.get().subscriber == marigold


STATES = {
    "pending": lambda row: None,
    "active": lambda row: row.confirm(),
    "stories": lambda row: row.confirm(letters=False),
    "paused": lambda row: row.confirm() and row.pause(until=timezone.localdate()),
    "left": lambda row: row.confirm() and row.unsubscribe(),
}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    mine=st.sampled_from(["active", "stories", "paused"]),
    theirs=st.sampled_from(list(STATES)),
    my_stories=st.sets(st.integers(0, 2)),
    their_stories=st.sets(st.integers(0, 2)),
)
def test_nobody_loses_what_they_had_at_either_address(
    sara, mine, theirs, my_stories, their_stories
):
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    names = {
        number: Post.objects.get_or_create(
            slug=f"story-{number}", defaults={"title": "T", "body": "-", "author": sara.author}
        )[0]
        for number in range(3)
    }
    rows = [Subscriber.objects.create(email=email) for email in ("old@example.com", NEW)]
    for row, state, stories in zip(rows, (mine, theirs), (my_stories, their_stories), strict=True):
        STATES[state](row)
        for number in stories:
            row.follows.begin(row, names[number])
    had_letters = any(row.gets_letters for row in rows)
    was_active = any(row.status == "active" for row in rows)

    moving.move(rows[0], NEW)

    person = Subscriber.objects.get()
    assert (person.pk, person.email, person.is_in) == (rows[0].pk, NEW, True)
    assert (person.gets_letters, person.status == "active") == (had_letters, was_active)
    followed = {follow.story.slug for follow in person.follows.going_on()}
    assert followed == {f"story-{number}" for number in my_stories | their_stories}


def test_the_old_mailboxs_confirmation_leads_to_their_page_no_more(
    reader, marigold, new_link, commit
):
    confirmation = marigold.confirmations.create(status="sent", sent_at=timezone.now())
    path = f"/newsletter/confirm/{confirmation.token}/"
    press(new_link, commit)

    for answer in (reader.get(path), reader.post(path)):
        assert "/newsletter/manage/" not in answer.content.decode()
        assert "Location" not in answer
