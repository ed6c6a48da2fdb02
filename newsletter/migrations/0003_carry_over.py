from django.db import migrations, models


def carry_over(apps, schema_editor):
    """What the first version had made: started issues have their whole audience written down."""
    Issue = apps.get_model("newsletter", "Issue")
    Issue.objects.filter(started_at__isnull=False).update(frozen_at=models.F("started_at"))
    newest = {}
    for issue in Issue.objects.filter(status__in=["draft", "scheduled"]).order_by("period"):
        newest[issue.edition_id] = issue.pk
    # Composed, and its maker died before it went: its posts are free for the next one.
    left = Issue.objects.filter(status__in=["draft", "scheduled"]).exclude(pk__in=newest.values())
    apps.get_model("newsletter", "IssuePost").objects.filter(issue__in=left).delete()
    left.update(status="cancelled")
    Issue.objects.filter(status="scheduled").update(starts_at=models.F("period"))


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0002_engine")]

    operations = [
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
