"""Nobody signs with a name that readers take for Sara's, or for somebody's who runs the site."""

import unicodedata

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from blog.models import Author
from comments.models import Comment
from comments.names import LENGTH, name_key, why_taken

# Chosen by eye, apart from the table that is tested.
LOOKS_LIKE = {
    "s": "sSЅѕｓＳ𝐬𝕊𝓼ⓢᏚꜱšŞṩ🅂🆂🇸",
    "a": "aAАаΑαａ𝐚𝔸𝒶ⓐᎪᴀáÄåảⱥ🄰🅐🇦",
    "r": "rRг𝐫ℝ𝓇ⓡᎡʀŕŘṛɍ🅁🅡🇷",
}
UNSEEN = ["", " ", "\u200b", "\u200d", "\u200e", "\u2060", "\u202e", "\u00ad", "\ufeff", "\u0301"]
UNSEEN += ["\u034f", "\u3164", "\u2800", "\ufe0f", "\u180b", ".", "-", "_", "·", "🌻", "\u0336"]


@st.composite
def like_sara(draw):
    """A spelling of “Sara” that nobody reads as anything else."""
    spelt = "".join(
        draw(st.sampled_from(LOOKS_LIKE[letter])) + draw(st.sampled_from(UNSEEN))
        for letter in "sara"
    )
    form = draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    return draw(st.sampled_from(UNSEEN)) + unicodedata.normalize(form, spelt)


@given(like_sara())
def test_whatever_looks_like_sara_has_saras_key(spelt):
    assert name_key(spelt) == name_key("Sara")


@given(st.text(max_size=60))
def test_every_name_has_a_short_key_that_is_the_same_in_capitals_of_full_width(name):
    key = name_key(name)

    assert len(key) <= LENGTH
    assert name_key(key) == key


@given(st.text("bcdefghjkmnpqtuxyz23456789", min_size=1, max_size=20))
def test_letters_that_differ_are_not_taken_for_each_other(word):
    assert name_key(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [("Lisa", "Iisa"), ("Bo", "B0"), ("Al", "A1"), ("Marta", "rnarta"), ("Wim", "VVim")],
)
def test_letters_alike_at_a_glance_count_as_the_same(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    "name",
    ["Ѕаrа", "𝕊𝕒𝕣𝕒", "Śárá", "S\u200fara", "🇸🇦🇷🇦", "The real Sara", "Sara (author)", "Sara ✓"],
)
def test_a_name_that_looks_like_the_authors_is_refused_in_words(send, name):
    response = send(name=name)

    alert = BeautifulSoup(response.content, "html.parser").find(role="alert")
    assert response.status_code == 400 and "Sara writes here" in alert.get_text()
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "Sarah",
        "Zara",
        "Tara",
        "Saara",
        "Sara from Leeds",
        "Sara 62",
        "5ara",
        "Σάρα",
        "Сара",
        "सारा",
    ],
)
def test_people_whose_name_can_be_told_apart_keep_it(send, name):
    assert send(name=name).status_code == 303


@pytest.mark.parametrize(
    "name",
    ["Author", "ADMIN", "a d m i n", "The Moderator", "Мoderator", "Afterword", "Staff team"],
)
def test_nobody_signs_as_whoever_runs_the_site(send, name):
    response = send(name=name)

    assert "somebody who runs this site" in response.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize("name", ["Slow Signal", "SIow SignaI", "Slow Signal team"])
def test_nobody_signs_with_the_publications_name(send, name):
    assert send(name=name).status_code == 400


@pytest.mark.parametrize("name", ["mod_anna", "Mod Anna", "Anna Bergström", "ANNA BERGSTROM"])
def test_nobody_signs_with_the_names_of_a_staff_account_and_nobody_learns_them(send, name):
    User.objects.create_user(
        "mod_anna", is_staff=True, first_name="Anna", last_name="Bergström", password="x"
    )

    response = send(name=name)

    alert = BeautifulSoup(response.content, "html.parser").find(role="alert")
    assert response.status_code == 400
    assert "Anna" not in alert.get_text()


@pytest.mark.parametrize("name", ["Authoress", "Stafford", "Ed", "Anna", "The Other One", "Real"])
def test_names_that_only_contain_such_a_word_are_free(send, name):
    User.objects.create_user("mod_anna", is_staff=True, first_name="Anna", last_name="Berg")

    assert send(name=name).status_code == 303


def test_readers_accounts_keep_no_name_for_themselves(send, db):
    User.objects.create_user("bram")

    assert send(name="Bram").status_code == 303


def test_the_names_of_the_site_are_asked_for_once_in_a_while(
    sara, publication, django_assert_num_queries
):
    for number in range(20):
        Author.objects.create(name=f"Author {number}", slug=f"a{number}")

    with django_assert_num_queries(2):
        assert not why_taken("Marigold", publication)
        assert not why_taken("Bram", publication)


@pytest.mark.parametrize("name", ["☂", "·", "\u0301"])
def test_a_name_without_letters_is_nobody_elses(sara, publication, name):
    Author.objects.create(name="🌻", slug="sunflower")

    assert not why_taken(name, publication)


def test_a_form_cannot_set_what_only_staff_may_set(send, sara, reader, post):
    claims = {
        field.attname: "1" for field in Comment._meta.get_fields() if hasattr(field, "attname")
    }
    claims |= {"author": sara.author.pk, "author_id": sara.author.pk, "is_staff": "1"}
    claims |= {"status": "published", "lane": "", "revision": "9", "step": "send"}
    send(**{key: value for key, value in claims.items() if key not in {"name", "body"}})

    held = Comment.objects.get()

    assert held.author is None and held.is_waiting
    assert held.revision == 1 and held.parent is None
    assert "Marigold" not in reader.get(post.get_absolute_url()).text
