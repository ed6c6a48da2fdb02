from django.db import migrations
from django.db.models import F

from comments.names import name_key


def sort_into_lanes(apps, schema_editor):
    """What waits lies in a lane, since it was sent; all else in none."""
    Comment = apps.get_model('comments', 'Comment')
    Comment.objects.filter(status='pending').update(waiting_since=F('created_at'))
    Comment.objects.exclude(status='pending').update(lane='', waiting_since=None)
    for comment in Comment.objects.exclude(suspicion=''):
        comment.signals = [{'rule': comment.suspicion, 'weight': 1}]
        comment.save(update_fields=['signals'])
    for comment in Comment.objects.exclude(name=''):
        comment.name_key = name_key(comment.name)
        comment.save(update_fields=['name_key'])


def say_who_decided(apps, schema_editor):
    apps.get_model('comments', 'Decision').objects.filter(verdict='withdrawn').update(actor='writer')


class Migration(migrations.Migration):

    dependencies = [('comments', '0003_listening')]

    operations = [
        migrations.RunPython(sort_into_lanes, migrations.RunPython.noop),
        migrations.RunPython(say_who_decided, migrations.RunPython.noop),
    ]
