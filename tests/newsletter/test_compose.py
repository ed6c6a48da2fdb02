"""Putting a letter together: nothing typed is lost, nothing goes by a slip of the hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from blog.models import Post
from config.admin import make_groups
from newsletter.models import Edition, Issue, Proof, Quote

COMPOSE = "/admin/newsletter/issue/compose/weekly/"


@pytest.fixture
def second(post):
    return Post.objects.create(
        title="Sleep",
        slug="sleep",
        author=post.author,
        body="Rest.",
        published_at=timezone.now() - timedelta(days=2),
    )


@pytest.fixture
def draft(weekly, post, second):
    """The newest comes first: Sleep, then Hot days."""
    return weekly.draft()


@pytest.fixture
def press(desk):
    """Press a button of the page as it was last loaded: press("save", note="Hello")."""

    def send(button, *, seen=None, client=desk, **typed):
        issue = Issue.objects.open().first()
        stamp = seen or f"{issue.pk}-{issue.version}"
        words = {"subject": issue.subject if issue else "", "note": issue.note if issue else ""}
        return client.post(COMPOSE, words | {"stamp": stamp, "do": button} | typed)

    return send


def page(client):
    return " ".join(client.get(COMPOSE).content.decode().split())


def titles(issue):
    return [post.title for post in issue.posts()]


def test_looking_begins_nothing(desk, weekly, post):
    assert "Hot days" in page(desk)
    assert not Issue.objects.exists()


def test_one_press_begins_it(desk, weekly, post):
    desk.post(COMPOSE)

    assert titles(Issue.objects.get()) == ["Hot days"]
    assert "Your words" in page(desk)


def test_with_nothing_new_nothing_can_be_begun(desk, weekly):
    desk.post(COMPOSE)

    assert "nothing to prepare" in page(desk)
    assert not Issue.objects.exists()


def test_every_edition_has_its_page(desk, publication):
    Edition.objects.begin_all()

    for kind in Edition.Kind:
        assert desk.get(f"/admin/newsletter/issue/compose/{kind}/").status_code == 200
    assert desk.get("/admin/newsletter/issue/compose/hourly/").status_code == 404


def test_the_first_page_leads_to_it_and_still_to_sending_now(desk, draft):
    first = desk.get("/admin/").content.decode()

    assert COMPOSE in first
    assert "Prepare this week’s digest" in first
    assert "Send this week’s digest now" in first
    assert "So far it holds two posts." in " ".join(first.split())


def test_sending_now_shows_what_the_draft_holds(desk, draft):
    assert "Sleep" in desk.get("/admin/newsletter/issue/send-now/").content.decode()


@pytest.mark.parametrize("button", ["save", "up 1", "leave-out 1", "preview", "skip", "nonsense"])
def test_each_button_keeps_the_words(draft, press, button):
    press(button, subject="Heat, and sleep", note="Dear all,\r\n\r\nit is hot.")

    draft.refresh_from_db()
    assert (draft.subject, draft.note) == ("Heat, and sleep", "Dear all,\n\nit is hot.")


def test_posts_move_up_and_down(draft, post, second, press):
    press(f"down {second.pk}")
    assert titles(draft) == ["Hot days", "Sleep"]

    press(f"up {second.pk}")
    assert titles(draft) == ["Sleep", "Hot days"]


def test_the_first_one_stays_where_it_is_when_it_is_moved_up(draft, second, press):
    press(f"up {second.pk}")

    assert titles(draft) == ["Sleep", "Hot days"]


def test_a_post_left_out_waits_and_can_be_taken_in_again(draft, post, second, press):
    press(f"leave-out {second.pk}")
    press(f"down {second.pk}")
    assert titles(draft) == ["Hot days"]

    press(f"take-in {second.pk}")
    assert titles(draft) == ["Hot days", "Sleep"]


def test_a_post_of_another_letter_cannot_be_moved_in(draft, press):
    press("up 999")
    press("take-in 999")

    assert len(titles(draft)) == 2


def test_what_is_new_since_is_announced_and_comes_in_with_the_next_press(desk, draft, press, post):
    Post.objects.create(
        title="Cold", slug="cold", author=post.author, body="x", published_at=timezone.now()
    )
    assert "One new post came since." in page(desk)
    assert "Cold" not in titles(draft)

    press("save")

    assert titles(draft)[0] == "Cold"


def test_two_people_at_once_do_not_overwrite_each_other(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    press("save", seen=seen, note="Theirs")
    answer = press("save", seen=seen, note="Mine")

    draft.refresh_from_db()
    assert (answer.status_code, draft.note) == (409, "Theirs")
    assert "Theirs" in answer.content.decode()
    assert "Mine</textarea>" in answer.content.decode()


def test_having_seen_both_ones_own_words_are_kept_on_the_next_press(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    press("save", seen=seen, note="Theirs")
    press("save", seen=seen, note="Mine")
    press("save", note="Mine")

    draft.refresh_from_db()
    assert draft.note == "Mine"


def test_a_button_pressed_twice_by_a_shaking_hand_counts_once(draft, second, press):
    seen = f"{draft.pk}-{draft.version}"
    for _ in range(2):
        answer = press(f"down {second.pk}", seen=seen)

    assert answer.status_code == 302
    assert titles(draft) == ["Hot days", "Sleep"]


def test_words_that_come_after_it_was_sent_are_given_back(draft, press, commit):
    seen = f"{draft.pk}-{draft.version}"
    with commit():
        draft.start()
    answer = press("save", seen=seen, subject="Too late", note="But not lost")

    assert answer.status_code == 409
    assert "But not lost</textarea>" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.note == ""


def test_words_for_an_old_letter_never_land_in_the_next_one(draft, press, post, weekly):
    draft.cancel()
    weekly.draft()
    answer = press("save", seen=f"{draft.pk}-1", note="For the other one")

    assert answer.status_code == 409
    assert Issue.objects.open().get().note == ""


def test_words_that_come_after_it_was_approved_are_given_back(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    draft.approve()
    answer = press("save", seen=seen, note="One more thing")

    assert "One more thing</textarea>" in answer.content.decode()
    assert "Stop it, then you can change it." in answer.content.decode()


def test_a_subject_that_is_too_long_comes_back_with_everything(draft, press):
    answer = press("save", subject="x" * 151, note="Kept")

    assert answer.status_code == 400
    assert "x" * 151 in answer.content.decode()
    assert "Kept</textarea>" in answer.content.decode()


@pytest.mark.parametrize("stamp", ["", "x", "1", "-", "1-x", "99-1", "1-²"])
def test_a_stamp_that_was_tampered_with_saves_nothing(draft, press, stamp):
    answer = press("save", seen=stamp or " ", note="Mine")

    draft.refresh_from_db()
    assert (answer.status_code, draft.note) == (409, "")


def test_an_empty_subject_shows_what_it_will_be(desk, draft):
    assert "“Slow Signal: Sleep, and 1 more post”" in page(desk)


def test_replies_may_be_chosen_and_let_go(desk, draft, press, post):
    quote = Quote.objects.create(reference="r1", post=post, text="Shade helps.", name="Wren")
    assert "Shade helps." in page(desk)

    press("save", quote=[quote.pk])
    assert draft.chosen_quotes.standing_ids() == {quote.pk}
    assert f'value="{quote.pk}" checked' in page(desk)

    press("save")
    assert draft.chosen_quotes.standing_ids() == set()


def test_a_reply_taken_back_meanwhile_is_no_fault_of_who_ticks_it(draft, press, post):
    quote = Quote.objects.create(reference="r1", post=post, text="Shade helps.", name="Wren")
    quote.delete()

    assert press("save", quote=[quote.pk]).status_code == 302


def test_approved_it_says_when_and_how_to_stop(desk, draft, press, subscribe):
    press("approve-soon")

    draft.refresh_from_db()
    assert timedelta(minutes=9) < draft.starts_at - timezone.now() <= timedelta(minutes=10)
    assert "Stop. Do not send it" in page(desk)
    assert "Stop. Do not send it" not in desk.get("/admin/").content.decode()
    assert "It is approved, and goes on" in desk.get("/admin/").content.decode()


def test_it_can_wait_for_the_next_time_of_its_clock(desk, draft, press, weekly):
    words = page(desk)
    press("approve-slot")

    draft.refresh_from_db()
    assert draft.starts_at == weekly.next_slot()
    assert "Send it on Sunday" in words


def test_stopped_in_time_it_is_a_draft_again_and_nobody_got_it(desk, draft, press, mailoutbox):
    press("approve-soon")
    answer = desk.post(f"/admin/newsletter/issue/{draft.pk}/stop/", follow=True)

    draft.refresh_from_db()
    assert draft.status == "draft"
    assert "Stopped. 0 sent." in answer.content.decode()
    assert mailoutbox == []


def test_once_stopped_it_goes_by_no_clock_until_somebody_says_so(
    desk, draft, press, weekly, mailoutbox, time_machine
):
    press("approve-soon")
    desk.post(f"/admin/newsletter/issue/{draft.pk}/stop/")
    assert "It was stopped, and waits until you send it." in page(desk)
    time_machine.move_to(weekly.next_slot() + timedelta(minutes=1), tick=False)
    assert weekly.keep_time() is None

    press("approve-soon")
    draft.refresh_from_db()
    assert (draft.status, draft.held) == ("scheduled", False)


def test_the_first_page_tells_of_other_letters_that_are_about_to_go(desk, weekly, post, subscribe):
    subscribe("wren", frequency="each")
    each = Edition.objects.create(kind="each", since=weekly.since, switched_on_at=weekly.since)
    each.draft().approve()

    first = desk.get("/admin/").content.decode()

    assert "Another letter (each post) goes on" in first
    assert "/admin/newsletter/issue/compose/each/" in first


def test_approving_twice_is_approving_once(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    press("approve-soon", seen=seen)
    draft.refresh_from_db()
    before = draft.starts_at
    press("approve-soon", seen=seen)

    draft.refresh_from_db()
    assert (draft.status, draft.starts_at) == ("scheduled", before)


def test_what_would_harm_cannot_be_approved(draft, press, post, second, desk):
    for one in (post, second):
        press(f"leave-out {one.pk}")
    answer = press("approve-soon")

    draft.refresh_from_db()
    assert (answer.status_code, draft.status) == (302, "draft")
    assert "There is no post in it." in page(desk)


def test_skipping_asks_once_more_and_the_posts_wait(desk, draft, press, weekly):
    asked = desk.get(press("skip").headers["Location"]).content.decode()
    assert "Skip this letter?" in asked
    assert Issue.objects.get().status == "draft"

    desk.post(f"/admin/newsletter/issue/{draft.pk}/cancel/")

    assert Issue.objects.get().status == "cancelled"
    assert weekly.new_posts().count() == 2


def test_after_a_skipped_one_another_can_be_prepared(desk, draft, weekly):
    draft.cancel()
    desk.post(COMPOSE)

    assert len(titles(Issue.objects.open().get())) == 2


def test_a_skipped_letter_still_shows_its_note(desk, draft, press):
    press("save", note="Dear all")
    draft.cancel()

    words = desk.get(f"/admin/newsletter/issue/{draft.pk}/change/").content.decode()
    assert "Skipped." in words
    assert "Dear all" in words


def test_the_preview_shows_both_subjects_and_the_plain_part(desk, draft):
    words = desk.get(f"/admin/newsletter/issue/{draft.pk}/preview/").content.decode()

    assert "Slow Signal: Sleep, and 1 more post" in words
    assert "New posts from Slow Signal" in words
    assert "Heat slows a bare nerve." in words
    assert f"-{draft.public_id}" not in words


def test_the_other_part_is_drawn_alone_and_may_do_nothing(desk, draft):
    answer = desk.get(f"/admin/newsletter/issue/{draft.pk}/preview/html/")

    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert "Sleep" in answer.content.decode()
    assert f"-{draft.public_id}" not in answer.content.decode()


def test_the_discreet_letter_can_be_looked_at_too(desk, draft):
    answer = desk.get(f"/admin/newsletter/issue/{draft.pk}/preview/html/?quiet")
    preheader = answer.content.decode().partition('class="preheader"')[2][:200]

    assert "New posts from Slow Signal" in preheader


def test_looking_at_a_preview_changes_nothing(desk, draft):
    before = Issue.objects.values().get()
    desk.get(f"/admin/newsletter/issue/{draft.pk}/preview/")
    desk.get(f"/admin/newsletter/issue/{draft.pk}/preview/html/")
    desk.get(COMPOSE)

    assert Issue.objects.values().get() == before


def test_what_somebody_types_is_never_markup(desk, draft, press):
    evil = '<script>alert("1")</script>'
    press("save", subject=evil, note=evil)

    for path in (COMPOSE, f"/admin/newsletter/issue/{draft.pk}/preview/"):
        words = desk.get(path).content.decode()
        assert evil not in words
        assert escape(evil) in words


@pytest.fixture
def reachable(sara):
    sara.email = "sara@example.com"
    sara.save()
    return sara


def test_a_test_goes_to_who_presses_and_to_nobody_else(
    draft, press, reachable, subscribe, mailoutbox, commit
):
    subscribe("marigold")
    with commit():
        press("prove")

    assert [m.to for m in mailoutbox] == [["sara@example.com"]]
    assert mailoutbox[0].subject == "Slow Signal: Sleep, and 1 more post"


def test_a_test_may_have_the_discreet_subject(draft, press, reachable, mailoutbox, commit):
    with commit():
        press("prove quiet")

    assert mailoutbox[0].subject == "New posts from Slow Signal"


def test_a_test_has_the_words_that_were_just_typed(draft, press, reachable, mailoutbox, commit):
    with commit():
        press("prove", note="Dear all")

    assert "Dear all" in mailoutbox[0].body


def test_the_link_of_a_test_stops_nobodys_letters(
    draft, press, reachable, subscribe, mailoutbox, commit, link, reader
):
    someone = subscribe("sara")
    with commit():
        press("prove")
    path = link("unsubscribe", mailoutbox[0])

    assert "This was a test" in reader.get(path).content.decode()
    assert reader.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    someone.refresh_from_db()
    assert someone.status == "active"


def test_without_an_address_no_test_is_sent_and_the_page_says_so(desk, draft, press, commit):
    with commit():
        press("prove")

    assert not Proof.objects.exists()
    assert "Your account has no e-mail address" in page(desk)


def test_ten_tests_an_hour_are_the_most(desk, draft, press, reachable, mailoutbox, commit):
    for _ in range(11):
        with commit():
            press("prove")
    assert len(mailoutbox) == 10
    assert "Ten tests an hour are the most." in page(desk)

    Proof.objects.update(created_at=timezone.now() - timedelta(hours=1, minutes=1))
    with commit():
        press("prove")
    assert len(mailoutbox) == 11


def test_who_is_no_staff_any_more_gets_no_test(draft, reachable, mailoutbox):
    proof = Proof.objects.create(issue=draft, user=reachable)
    User.objects.update(is_staff=False)
    proof.refresh_from_db()
    proof.deliver()

    assert (mail.outbox, Proof.objects.get().status) == ([], "skipped")


def test_a_report_about_a_test_is_about_no_delivery(draft, reachable):
    from newsletter.models import Delivery

    proof = Proof.objects.create(issue=draft, user=reachable)

    assert Delivery.objects.with_mark(proof.token) is None
    assert Delivery.objects.with_message_id(proof.message().extra_headers["Message-ID"]) is None


@pytest.fixture
def member(publication):
    make_groups()

    def make(*roles):
        user = User.objects.create_user("helper", password="x", is_staff=True)
        user.groups.set(Group.objects.filter(name__in=roles))
        client = Client(headers={"Sec-Fetch-Site": "same-origin"})
        client.force_login(user)
        return client

    return make


PRESSES = ["compose/weekly/", "send-now/", "{pk}/stop/", "{pk}/cancel/"]


@pytest.mark.parametrize("path", PRESSES)
@pytest.mark.parametrize("role", ["moderator", "operator"])
def test_only_authors_prepare_and_send(member, draft, role, path):
    answer = member(role).post("/admin/newsletter/issue/" + path.format(pk=draft.pk), {"stamp": ""})

    assert answer.status_code == 403
    assert Issue.objects.get().status == "draft"


def test_an_author_prepares_and_approves(member, draft, press):
    author = member("author")
    assert author.get(COMPOSE).status_code == 200

    press("approve-soon", client=author)
    assert Issue.objects.get().status == "scheduled"


def test_who_may_only_look_sees_the_preview_and_no_button(member, draft):
    operator = member("operator")

    assert operator.get(f"/admin/newsletter/issue/{draft.pk}/preview/").status_code == 200
    words = operator.get(f"/admin/newsletter/issue/{draft.pk}/change/").content.decode()
    assert "It has not started." in words
    assert "<form" not in words.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("path", [*PRESSES, "{pk}/preview/", "{pk}/preview/html/", "{pk}/change/"])
def test_a_stranger_is_led_to_the_log_in(reader, draft, path):
    answer = reader.get("/admin/newsletter/issue/" + path.format(pk=draft.pk))

    assert "/admin/login/" in answer.headers["Location"]


def test_another_sites_form_prepares_nothing(sara, draft):
    client = Client(enforce_csrf_checks=True)
    client.force_login(sara)

    assert client.post(COMPOSE, {"stamp": f"{draft.pk}-1", "do": "approve-soon"}).status_code == 403
    assert Issue.objects.get().status == "draft"


def test_no_press_needs_more_rights_than_to_change_issues(publication, draft, press):
    user = User.objects.create_user("pat", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_issue"))
    client = Client()
    client.force_login(user)

    assert press("save", client=client).status_code == 302
