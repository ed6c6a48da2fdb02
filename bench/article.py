"""python -m bench.article: the article page with fifty published replies."""

from bench.cost import ARTICLE, measure

FIFTY = """
from django.contrib.auth.models import User
from django.utils import timezone
from blog.models import Post
from comments.models import Comment, Writer
post = Post.objects.get(slug="ccsvi-and-the-liberation-treatment")
sara = User.objects.get(username="sara")
questions = list(post.questions.all())
for n in range(50 - Comment.objects.filter(post=post, status="published").count()):
    Comment.objects.create(
        post=post, question=questions[n % len(questions)], writer=Writer.objects.create(),
        name=f"Reader {n}", body="What helped me was waiting. One person said so. " * 6,
        consent_wording="bench", consent_at=timezone.now(),
    ).publish(by=sara)
"""


def prepare(group):
    group.manage("shell", "-c", FIFTY)
    page = group.fetch(ARTICLE)
    print(f"page: {len(page.encode()) / 1024:.0f} KB of HTML, {page.count('<article')} articles")


if __name__ == "__main__":
    measure("article with 50 replies", prepare, lambda group, _, n: group.fetch(ARTICLE))
