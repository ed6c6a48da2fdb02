"""What staff set for screening: words, tried on what is published; weights of all rules."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, User
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from comments.admin.watchwords import WEIGHED
from comments.models import Comment, Watchword, Weight
from comments.screening import Draft, judge
from comments.signals import RULES
from config.admin import make_groups
from tests.person import Person

LIST = reverse("admin:comments_watchword_changelist")
TRY = reverse("admin:comments_watchword_try")
WEIGHTS = reverse("admin:comments_weight_changelist")


@pytest.fixture
def moderator(publication):
    """Somebody with that role alone."""
    make_groups()
    user = User.objects.create_user("mo", password="mo", is_staff=True)
    user.groups.add(Group.objects.get(name="moderator"))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(user)
    return client


def rules(post, text):
    signals = judge(Draft(post=post, text=text, name="Marigold")).signals
    return [signal.rule for signal in signals]


def weights():
    return {f"weight-{name}": rule.weight for name, rule in WEIGHED.items()}


def test_a_saved_word_says_at_once_what_it_would_have_held(moderator, show):
    held = show("They sold me snake oil.")
    show("A wet scarf.")

    typed = {"phrase": "Snake oil", "weight": "1", "note": ""}
    response = moderator.post(reverse("admin:comments_watchword_add"), typed)
    person = Person(moderator).open(response.url)

    assert Watchword.objects.get().phrase == "Snake oil"
    assert person.sees("It would have held one.")
    link = person.page.main.find("a", string=lambda words: words and "snake oil" in words)
    assert link["href"] == reverse("admin:comments_comment_change", args=[held.pk])


def test_words_are_tried_without_saving_any(moderator, show):
    show("They sold me snake oil.")
    show("A miracle.")
    show("A wet scarf.")

    person = Person(moderator).open(LIST).follow("Try words first")
    person.fill("one on each line", "snake oil\nmiracle\n").press("Try them")

    assert person.sees("It would have held 2.") and not Watchword.objects.exists()
    assert person.value("one on each line").split("\n") == ["snake oil", "miracle", ""]
    assert Comment.objects.published().count() == 3


def test_a_tried_word_is_one_press_from_the_list(moderator):
    person = Person(moderator).open(f"{TRY}?words=snake+%26+oil").follow("Put a word on the list")

    assert person.value("Word or phrase") == "snake & oil"


def test_a_new_word_holds_from_then_on_and_a_deleted_one_no_longer(moderator, post):
    assert "watchword" not in rules(post, "A wet scarf.")

    typed = {"phrase": "scarf", "weight": "1", "note": ""}
    moderator.post(reverse("admin:comments_watchword_add"), typed)
    assert "watchword" in rules(post, "A wet scarf.")

    word = Watchword.objects.get()
    moderator.post(reverse("admin:comments_watchword_delete", args=[word.pk]), {"post": "yes"})
    assert "watchword" not in rules(post, "A wet scarf.")


def test_every_rule_has_its_words_and_weight_on_one_page(moderator):
    person = Person(moderator).open(WEIGHTS)

    assert all(person.sees(str(rule.words)) for rule in RULES.values() if rule.weight)
    assert person.value("It has a link.") == "1"


def test_a_weight_that_is_set_counts_at_once(moderator, post):
    assert "links" in rules(post, "https://a.example")

    person = Person(moderator).open(WEIGHTS)
    person.fill("It has a link.", "0").press("Save")

    assert person.sees("Saved.") and person.value("It has a link.") == "0"
    assert "links" not in rules(post, "https://a.example")
    assert Weight.objects.count() == 1


def test_a_weight_set_back_leaves_no_row(moderator):
    Weight.objects.create(rule="links", weight=3)

    moderator.post(WEIGHTS, weights())

    assert not Weight.objects.exists()


@pytest.mark.parametrize("wrong", ["-1", "much", "", "1e9", "nan"])
def test_a_wrong_number_saves_nothing_and_comes_back(moderator, wrong):
    response = moderator.post(WEIGHTS, weights() | {"weight-links": wrong, "weight-cure": "4"})

    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 400 and not Weight.objects.exists()
    assert page.find("input", attrs={"name": "weight-links"})["value"] == wrong
    assert page.find("input", attrs={"name": "weight-cure"})["value"] == "4"


def test_what_holds_always_cannot_be_weighed(moderator):
    moderator.post(WEIGHTS, weights() | {"weight-crisis": "0"})

    assert not Weight.objects.filter(rule="crisis").exists()


@pytest.mark.parametrize("page", [LIST, TRY, WEIGHTS])
def test_who_does_not_moderate_sees_none_of_it(publication, page):
    user = User.objects.create_user("oper", is_staff=True)
    client = Client()
    client.force_login(user)

    assert client.get(page).status_code == 403


def test_weights_cannot_be_set_by_who_may_only_see_them(publication):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("see", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_weight"))
    client = Client()
    client.force_login(user)

    assert client.get(WEIGHTS).status_code == 200
    assert client.post(WEIGHTS, weights() | {"weight-links": "9"}).status_code == 403


def test_the_database_takes_no_negative_weight(db):
    with pytest.raises(IntegrityError):
        Weight.objects.create(rule="links", weight=-1)


def test_the_database_takes_no_empty_word(db):
    with pytest.raises(IntegrityError):
        Watchword.objects.create(phrase="")
