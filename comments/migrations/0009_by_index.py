from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0008_post")]

    operations = [
        migrations.AlterField(
            model_name="comment",
            name="name_key",
            field=models.CharField(blank=True, editable=False, max_length=80),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["name_key", "status"], name="comment_same_name"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["writer", "status"], name="comment_of_writer"),
        ),
    ]
