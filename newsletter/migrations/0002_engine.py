import django.db.models.deletion
import django.utils.timezone
import newsletter.tokens
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0001_initial'),
        ('newsletter', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carrier', models.CharField(max_length=40, verbose_name='carrier')),
                ('seconds', models.PositiveIntegerField(choices=[(1, 'second'), (60, 'minute'), (3600, 'hour'), (86400, 'day')], verbose_name='in each')),
                ('allowed', models.PositiveIntegerField(verbose_name='at most so many mails')),
                ('left', models.FloatField(editable=False, null=True)),
                ('filled_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'limit',
                'verbose_name_plural': 'limits',
            },
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('key', models.CharField(default=newsletter.tokens.public_id, editable=False, max_length=16, primary_key=True, serialize=False)),
                ('carrier', models.CharField(max_length=40, verbose_name='carrier')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made')),
                ('posted_at', models.DateTimeField(null=True, verbose_name='handed over')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='sent')),
            ],
            options={
                'verbose_name': 'chunk',
                'verbose_name_plural': 'chunks',
            },
        ),
        migrations.CreateModel(
            name='IssueQuote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'verbose_name': 'quote in an issue',
                'verbose_name_plural': 'quotes in issues',
                'ordering': ['issue', 'position'],
            },
        ),
        migrations.CreateModel(
            name='MailEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20, verbose_name='company')),
                ('event_id', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=16, verbose_name='what happened')),
                ('mark', models.CharField(blank=True, max_length=32)),
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('reject_reason', models.CharField(blank=True, max_length=16, verbose_name='reason')),
                ('code', models.CharField(blank=True, max_length=16, verbose_name='the mail server’s code')),
                ('noted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='noted')),
                ('weighed_at', models.DateTimeField(null=True, verbose_name='weighed')),
            ],
            options={
                'verbose_name': 'report about a mail',
                'verbose_name_plural': 'reports about mails',
                'ordering': ['-noted_at'],
            },
        ),
        migrations.CreateModel(
            name='Proof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('queued', 'queued'), ('sending', 'being sent'), ('sent', 'sent'), ('failed', 'failed'), ('skipped', 'left out'), ('uncertain', 'not certain')], default='queued', editable=False, max_length=10, verbose_name='state')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='due')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('first_tried_at', models.DateTimeField(editable=False, null=True)),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent')),
                ('reason', models.CharField(blank=True, editable=False, max_length=80, verbose_name='reason')),
                ('quiet', models.BooleanField(default=False, verbose_name='discreet subject')),
            ],
            options={
                'verbose_name': 'test letter',
                'verbose_name_plural': 'test letters',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(editable=False, max_length=60, unique=True)),
                ('text', models.TextField(verbose_name='text')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='since')),
            ],
            options={
                'verbose_name': 'quote',
                'verbose_name_plural': 'quotes',
                'ordering': ['-made_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Rest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carrier', models.CharField(max_length=40, unique=True)),
                ('until', models.DateTimeField(null=True)),
                ('times', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'rest of a carrier',
                'verbose_name_plural': 'rests of carriers',
            },
        ),
        migrations.CreateModel(
            name='Variant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('omits', models.BigIntegerField()),
                ('subject', models.CharField(max_length=150)),
                ('text', models.TextField()),
                ('html', models.TextField()),
            ],
            options={
                'verbose_name': 'variant of an issue',
                'verbose_name_plural': 'variants of issues',
            },
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_due',
        ),
        migrations.AddField(
            model_name='delivery',
            name='bounced_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='came back'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='complained_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='marked as spam'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='omits',
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='edition',
            name='day',
            field=models.PositiveSmallIntegerField(choices=[(1, '1'), (2, '2'), (3, '3'), (4, '4'), (5, '5'), (6, '6'), (7, '7'), (8, '8'), (9, '9'), (10, '10'), (11, '11'), (12, '12'), (13, '13'), (14, '14'), (15, '15'), (16, '16'), (17, '17'), (18, '18'), (19, '19'), (20, '20'), (21, '21'), (22, '22'), (23, '23'), (24, '24'), (25, '25'), (26, '26'), (27, '27'), (28, '28'), (29, '29'), (30, '30'), (31, '31')], default=1, help_text='For the monthly letter. A month that is too short has it on its last day.', verbose_name='day of the month'),
        ),
        migrations.AddField(
            model_name='issue',
            name='arranged',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='issue',
            name='freeze_until',
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='issue',
            name='frozen_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='issue',
            name='frozen_to',
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='issue',
            name='held',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='issue',
            name='note',
            field=models.TextField(blank=True, help_text='A few words of yours before the posts.', verbose_name='note on top'),
        ),
        migrations.AddField(
            model_name='issue',
            name='per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='at most so many a minute'),
        ),
        migrations.AddField(
            model_name='issue',
            name='starts_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='starts'),
        ),
        migrations.AddField(
            model_name='issue',
            name='stopped_because',
            field=models.CharField(blank=True, choices=[('bounces', 'more than one in twenty of these addresses does not exist'), ('complaints', 'more than one in a thousand called it spam'), ('refusals', 'more than one in five of the mail servers did not want it')], editable=False, max_length=12, verbose_name='stopped by itself'),
        ),
        migrations.AddField(
            model_name='issue',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='issuepost',
            name='left_out',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='issue',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='newsletter.issue', verbose_name='issue'),
        ),
        migrations.AlterField(
            model_name='edition',
            name='weekday',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=6, help_text='For the weekly letter.', verbose_name='weekday'),
        ),
        migrations.AlterField(
            model_name='issue',
            name='subject',
            field=models.CharField(blank=True, help_text='Made from the posts when empty.', max_length=150, verbose_name='subject'),
        ),
    ]
