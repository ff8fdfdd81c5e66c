import django.db.models.deletion
from django.db import migrations, models

# Until now a commenter was taken for the person of Messenger with the same number. Who only ever
# wrote in public is a commenter; the others have shown that we can write to them.
_COMMENTERS = """
    UPDATE channels_identity i SET external_id = 'comment:' || i.external_id
    WHERE i.kind = 'facebook' AND i.external_id NOT LIKE 'comment:%'
      AND EXISTS (SELECT 1 FROM channels_inboundmessage m
                  WHERE m.identity_id = i.id AND m.public AND m.nature <> 'own')
      AND NOT EXISTS (SELECT 1 FROM channels_inboundmessage m
                      WHERE m.identity_id = i.id AND (NOT m.public OR m.nature = 'own'))
"""
_BACK = """
    UPDATE channels_identity SET external_id = substr(external_id, 9)
    WHERE kind = 'facebook' AND external_id LIKE 'comment:%' AND same_as_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0009_sms'),
    ]

    operations = [
        migrations.AddField(
            model_name='deliveryreport',
            name='closes',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='identity',
            name='same_as',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='other_names', to='channels.identity'),
        ),
        migrations.RunSQL(_COMMENTERS, _BACK),
    ]
