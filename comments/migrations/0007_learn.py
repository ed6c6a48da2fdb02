from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0006_mine")]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["lesson", "status"], name="comment_lesson"),
        ),
    ]
