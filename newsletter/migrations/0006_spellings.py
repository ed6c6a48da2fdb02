from django.db import migrations
from django.db.models import Count
from django.db.models.functions import TruncDate


def spell(apps, schema_editor):
    """As addresses.canonical() and addresses.mailbox() spell them."""
    subscribers = apps.get_model("newsletter", "Subscriber").objects
    while some := list(subscribers.filter(canonical="").only("email", "signed_up_at")[:2000]):
        for subscriber in some:
            name, _at, host = subscriber.email.strip().lower().rpartition("@")
            subscriber.canonical = f"{name}@{host}"
            subscriber.mailbox = f"{name.partition('+')[0] or name}@{host}"
            subscriber.asked_at = subscriber.signed_up_at
        subscribers.bulk_update(some, ["canonical", "mailbox", "asked_at"])


def count(apps, schema_editor):
    """What is still known of who came and left, as numbers of days."""
    tallies = apps.get_model("newsletter", "Tally").objects
    for what, column in (("joined", "confirmed_at"), ("left", "unsubscribed_at")):
        dated = apps.get_model("newsletter", "Subscriber").objects.exclude(**{column: None})
        days = dated.order_by().values_list(TruncDate(column)).annotate(number=Count("pk"))
        for day, number in days:
            tallies.update_or_create(day=day, what=what, defaults={"number": number})


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0005_in_control")]
    operations = [
        migrations.RunPython(spell, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(count, migrations.RunPython.noop, elidable=True),
    ]
