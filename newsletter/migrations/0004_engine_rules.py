import django.db.models.deletion
import django.utils.timezone
import newsletter.tokens
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0003_carry_over")]

    operations = [
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.CheckConstraint(condition=models.Q(('day__gte', 1), ('day__lte', 31)), name='edition_day'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['draft', 'scheduled'])), fields=('edition',), name='issue_one_open_per_edition'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'scheduled'), _negated=True), ('starts_at__isnull', False), _connector='OR'), name='issue_scheduled_has_start'),
        ),
        migrations.AddConstraint(
            model_name='bucket',
            constraint=models.UniqueConstraint(fields=('carrier', 'seconds'), name='limit_once_per_window'),
        ),
        migrations.AddField(
            model_name='chunk',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='newsletter.issue'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='chunk',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='newsletter.chunk'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['issue', 'status', 'due_at'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('chunk__isnull', False)), fields=['chunk'], name='delivery_chunk'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('bounced_at__isnull', False)), fields=['issue', 'bounced_at'], name='delivery_bounced'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('complained_at__isnull', False)), fields=['issue', 'complained_at'], name='delivery_complained'),
        ),
        migrations.AddField(
            model_name='issuequote',
            name='edition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='newsletter.edition'),
        ),
        migrations.AddField(
            model_name='issuequote',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen_quotes', to='newsletter.issue'),
        ),
        migrations.AddIndex(
            model_name='mailevent',
            index=models.Index(fields=['weighed_at', 'noted_at'], name='mail_event_weighed'),
        ),
        migrations.AddConstraint(
            model_name='mailevent',
            constraint=models.UniqueConstraint(fields=('provider', 'event_id', 'kind'), name='mail_event_noted_once'),
        ),
        migrations.AddField(
            model_name='proof',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proofs', to='newsletter.issue', verbose_name='issue'),
        ),
        migrations.AddField(
            model_name='proof',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account'),
        ),
        migrations.AddField(
            model_name='quote',
            name='post',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quotes', to='blog.post', verbose_name='post'),
        ),
        migrations.AddField(
            model_name='issuequote',
            name='quote',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chosen', to='newsletter.quote'),
        ),
        migrations.AddField(
            model_name='variant',
            name='issue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='newsletter.issue'),
        ),
        migrations.AddIndex(
            model_name='chunk',
            index=models.Index(fields=['issue', 'ended_at'], name='chunk_speed'),
        ),
        migrations.AddIndex(
            model_name='proof',
            index=models.Index(fields=['status', 'due_at'], name='proof_due'),
        ),
        migrations.AddConstraint(
            model_name='proof',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('status', 'sent')), models.Q(models.Q(('status', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='proof_sent_has_time'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='quote_says_something'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='quote_can_be_taken_back'),
        ),
        migrations.AddConstraint(
            model_name='issuequote',
            constraint=models.UniqueConstraint(fields=('edition', 'quote'), name='quote_once_per_edition'),
        ),
        migrations.AddConstraint(
            model_name='issuequote',
            constraint=models.UniqueConstraint(fields=('issue', 'quote'), name='quote_once_per_issue'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(fields=('issue', 'omits'), name='variant_once_per_issue'),
        ),
    ]
