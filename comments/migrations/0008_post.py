from django.db import migrations, models

from newsletter import tokens


class Migration(migrations.Migration):
    dependencies = [("comments", "0007_learn")]

    operations = [
        migrations.AddField(
            model_name="watch",
            name="public_id",
            field=models.CharField(
                default=tokens.public_id, editable=False, max_length=16, unique=True
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["post", "published_at"],
                name="comment_up_since",
                condition=models.Q(status="published"),
            ),
        ),
    ]
