"""Sara writes in the admin."""

from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Author, Page, Post, Publication, Tag

pytestmark = pytest.mark.django_db

ADD = "/admin/blog/post/add/"


@pytest.fixture
def form(sara):
    """What the form sends: a title, a text, no questions."""

    def form(*questions, **facts):
        plain = {"title": "Hot days", "body": "Words.", "author": sara.author.pk}
        counts = {"questions-TOTAL_FORMS": len(questions), "questions-INITIAL_FORMS": 0}
        rows = {
            f"questions-{number}-{field}": value
            for number, (position, text) in enumerate(questions)
            for field, value in {"position": position, "text": text}.items()
        }
        return plain | counts | rows | facts

    return form


def text(response) -> str:
    return response.content.decode()


def test_a_post_is_written_with_its_questions_and_topics(desk, form):
    heat = Tag.objects.create(name="heat", slug="heat")

    response = desk.post(ADD, form((1, "What cools you?"), (2, "Who helps?"), tags=[heat.pk]))

    post = Post.objects.get()
    assert response.status_code == 302
    assert [str(question) for question in post.questions.all()] == ["What cools you?", "Who helps?"]
    assert list(post.tags.all()) == [heat]


def test_a_new_post_is_a_draft_signed_by_whoever_writes(desk, form):
    page = text(desk.get(ADD))
    desk.post(ADD, form())

    assert f'<option value="{Author.objects.get().pk}" selected>Sara</option>' in page
    assert list(Post.objects.drafts()) == [Post.objects.get()]


def test_questions_are_numbered_from_one_in_their_order(desk, form):
    desk.post(ADD, form((7, "Third?"), (1, "First?"), (1, "Second?")))

    questions = Post.objects.get().questions.all()
    assert [(q.position, q.text) for q in questions] == [
        (1, "First?"),
        (2, "Second?"),
        (3, "Third?"),
    ]


def test_a_question_without_a_number_comes_last(desk, form):
    desk.post(ADD, form(("", "Last?"), (2, "Second?"), (1, "First?")))

    texts = [str(question) for question in Post.objects.get().questions.all()]
    assert texts == ["First?", "Second?", "Last?"]


def test_an_empty_address_is_made_from_the_title(desk, form):
    desk.post(ADD, form(slug=""))
    desk.post(ADD, form(slug=""))

    assert set(Post.objects.values_list("slug", flat=True)) == {"hot-days", "hot-days-2"}


def test_a_title_of_pictures_only_is_no_obstacle(desk, form):
    desk.post(ADD, form(title="🔥🔥"))

    assert Post.objects.get().slug == "post-1"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"slug": "feed"}, "already means something else"),
        ({"slug": "FEED"}, "already means something else"),
        ({"slug": "taken"}, "Another post already has this address"),
        ({"slug": "TAKEN"}, "Another post already has this address"),
        ({"title": "x" * 5000}, "Please shorten this to 200 characters. It has 5000 now."),
        ({"title": "  "}, "This field is required"),
        (
            {"withdrawn_at_0": "2026-01-01", "withdrawn_at_1": "09:00"},
            "Only a post that was published",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words_with_the_text_kept(desk, form, sara, typed, words):
    Post.objects.create(title="Taken", slug="taken", author=sara.author, body="Words.")

    response = desk.post(ADD, form(body="Two hours of work.", **typed))

    assert words in text(response)
    assert "Two hours of work." in text(response)
    assert Post.objects.count() == 1


def test_an_author_is_told_the_state_in_words(desk, post):
    now = timezone.now().replace(year=2026, month=3, day=5, hour=9, minute=30)
    states = [
        ({"published_at": None}, "Draft"),
        ({"published_at": now.replace(year=2999)}, "Scheduled: appears by itself on 5 March 2999"),
        ({"published_at": now}, "Published on 5 March 2026 at 09:30"),
        ({"unlisted": True}, "at 09:30, unlisted"),
        ({"withdrawn_at": now.replace(day=6)}, "Withdrawn on 6 March 2026"),
    ]

    for change, words in states:
        Post.objects.filter(pk=post.pk).update(**change)
        assert words in text(desk.get("/admin/blog/post/"))
        assert words in text(desk.get(f"/admin/blog/post/{post.pk}/change/"))


def test_only_a_published_post_can_be_seen_on_the_site(desk, post):
    list_before = text(desk.get("/admin/blog/post/"))
    post.published_at = timezone.now() + timedelta(days=1)
    post.save()

    assert f'href="{post.get_absolute_url()}"' in list_before
    assert "See “Hot days”" not in text(desk.get("/admin/blog/post/"))


def test_the_address_of_a_post_does_not_follow_its_title(desk, post):
    assert 'data-prepopulated-fields="[]"' in text(desk.get(f"/admin/blog/post/{post.pk}/change/"))
    assert "#id_title" in text(desk.get(ADD))


def test_a_saved_change_is_public_at_once(desk, reader, post, form):
    at = timezone.localtime(post.published_at)
    facts = {"published_at_0": f"{at:%Y-%m-%d}", "published_at_1": f"{at:%H:%M:%S}"}

    desk.post(f"/admin/blog/post/{post.pk}/change/", form(slug=post.slug, body="**New**", **facts))

    assert "<strong>New</strong>" in text(reader.get(post.get_absolute_url()))


def test_a_fixed_page_is_written_but_not_moved_or_taken_away(desk, reader, publication):
    page = Page.objects.create(slug="about", title="About", body="Us.")
    address = f"/admin/blog/page/{page.pk}/"

    desk.post(f"{address}change/", {"title": "About us", "slug": "help", "body": "We two."})

    assert "We two." in text(reader.get("/about/"))
    assert desk.post(f"{address}delete/", {"post": "yes"}).status_code == 403


def test_a_fixed_page_gets_an_address_that_the_site_knows(desk):
    add = "/admin/blog/page/add/"

    assert desk.post(add, {"title": "A", "slug": "else", "body": "B"}).status_code == 200
    assert desk.post(add, {"title": "A", "slug": "help", "body": "B"}).status_code == 302


def test_there_is_one_publication_and_its_list_is_its_form(desk):
    response = desk.get("/admin/blog/publication/")

    assert response["Location"] == "/admin/blog/publication/1/change/"
    assert desk.get("/admin/blog/publication/add/").status_code == 403
    assert desk.post("/admin/blog/publication/1/delete/", {"post": "yes"}).status_code == 403


def test_a_publication_that_is_missing_can_be_made(desk):
    Publication.objects.all().delete()

    assert desk.get("/admin/blog/publication/").status_code == 200
    assert desk.get("/admin/blog/publication/add/").status_code == 200


@pytest.mark.parametrize("model", ["post", "author", "tag", "image", "page"])
def test_every_list_and_form_opens(desk, post, model):
    assert desk.get(f"/admin/blog/{model}/").status_code == 200
    assert desk.get(f"/admin/blog/{model}/add/").status_code == 200


def test_a_language_without_sentences_cannot_be_chosen(desk, publication):
    page = desk.get(f"/admin/blog/publication/{publication.pk}/change/")
    assert b'<option value="en" selected>English</option>' in page.content

    response = desk.post(page.wsgi_request.path, {"name": "Slow Signal", "language": "de"})

    assert "language" in response.context["adminform"].form.errors
