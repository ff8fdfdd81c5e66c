from django.db import migrations, models


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
    ]
