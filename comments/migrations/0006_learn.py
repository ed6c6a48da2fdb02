from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("comments", "0005_lanes_hold")]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["id"],
                name="comment_untaught",
                condition=Q(author=None, purged_at=None)
                & (
                    Q(status="published") & ~Q(lesson="ham")
                    | Q(status="spam") & ~Q(lesson="spam")
                    | ~Q(status__in=["published", "spam"]) & ~Q(lesson="")
                ),
            ),
        ),
    ]
