from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('comments', '0004_in_lanes')]

    operations = [
        migrations.RemoveField(
            model_name='comment',
            name='suspicion',
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('lane', ''), _negated=True), fields=['lane', 'waiting_since'], name='comment_waiting'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('lane__in', ['', 'care', 'new', 'known', 'reported', 'changed', 'spam'])), name='comment_lane_is_known'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lane', ''), ('waiting_since', None)), models.Q(models.Q(('lane', ''), _negated=True), ('waiting_since__isnull', False)), _connector='OR'), name='comment_waits_in_a_lane'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'pending'), models.Q(('lane', ''), _negated=True)), models.Q(('lane__in', ['', 'changed']), ('status', 'published')), models.Q(models.Q(('status__in', ['pending', 'published']), _negated=True), ('lane', '')), _connector='OR'), name='comment_waits_or_is_decided'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('body', ''), ('body_html', ''), ('name', ''), ('status', 'withdrawn'), ('withdrawn_at__isnull', False)), models.Q(models.Q(('status', 'withdrawn'), _negated=True), ('withdrawn_at__isnull', True), models.Q(models.Q(('body', ''), _negated=True), ('purged_at__isnull', False), _connector='OR')), _connector='OR'), name='comment_withdrawn_keeps_no_words'),
        ),
    ]
