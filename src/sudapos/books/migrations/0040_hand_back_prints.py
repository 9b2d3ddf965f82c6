import django.db.models.deletion
from django.db import migrations, models


APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON books_handbackcopy
    FOR EACH ROW EXECUTE FUNCTION books_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON books_handbackcopy
    FOR EACH STATEMENT EXECUTE FUNCTION books_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0039_compensations'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandBackCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('copy_no', models.IntegerField()),
                ('reason', models.CharField(blank=True, default='', max_length=80)),
                ('at', models.DateTimeField()),
                ('hand_back', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='books.handback')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='books.operator')),
            ],
            options={
                'ordering': ['copy_no'],
                'constraints': [models.UniqueConstraint(fields=('hand_back', 'copy_no'), name='copy_no_once_per_hand_back')],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, reverse_sql=migrations.RunSQL.noop),
    ]
