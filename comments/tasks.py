from celery import shared_task

from comments import learning
from comments.models import Comment


@shared_task(ignore_result=True)
def tidy() -> None:
    Comment.objects.all().forget_fingerprints()
    learning.catch_up()
