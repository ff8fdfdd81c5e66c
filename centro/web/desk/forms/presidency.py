"""What the Presidency instructs, and what an entity answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from centro.cases.actions.instructions import LONGEST_TERM
from centro.cases.bundles import Bundle
from centro.web.desk.forms.fields import text_field
from centro.web.templatetags.look import label_of


class InstructForm(forms.Form):
    """A text that can be sent as it stands, and working days until its answer."""

    text = text_field(gettext_lazy("Qué se le instruye"))
    days = forms.IntegerField(
        label=gettext_lazy("Días hábiles para responder"),
        min_value=1,
        max_value=LONGEST_TERM,
        widget=forms.NumberInput(attrs={"size": 4, "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, bundle: Bundle, **kwargs: Any) -> None:
        ready = {"text": ready_text(bundle), "days": settings.INSTRUCTION_DAYS}
        super().__init__(*args, **{"initial": ready, "auto_id": f"{bundle.key}_%s"} | kwargs)


def title_of(bundle: Bundle) -> str:
    """The event, or the service type in the reader's language."""
    one = bundle.first
    return one.incident_title or label_of(one.service_name, one.service_name_en)


def ready_text(bundle: Bundle) -> str:
    """What the Presidency would write: what, where, how many, how late."""
    people = ngettext("%(n)d persona", "%(n)d personas", bundle.people) % {"n": bundle.people}
    late = ngettext("%(n)d día", "%(n)d días", bundle.days) % {"n": bundle.days}
    where = f" ({bundle.where})" if bundle.where else ""
    return _(
        "Resuelvan «%(what)s»%(where)s. Afecta a %(people)s y lleva %(late)s de retraso. "
        "Respondan aquí qué hicieron."
    ) % {"what": title_of(bundle), "where": where, "people": people, "late": late}


class AnswerForm(forms.Form):
    text = text_field(
        gettext_lazy("Respuesta a la Presidencia"),
        gettext_lazy("Qué se hizo, qué falta y para cuándo."),
    )
