"""What a quality analyst found in a closed case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.cases.models import ClosureAudit
from centro.web.desk.forms.fields import text_field


class Verdict(TextChoices):
    REAL = "si", gettext_lazy("Sí, fue una solución real")
    NOT_REAL = "no", gettext_lazy("No, no lo fue o no se puede saber")


class KeyedRadios(forms.RadioSelect):
    """Choices that a key each marks: the first one `first`, the next ones the digits after it."""

    def __init__(self, *, first: int) -> None:
        super().__init__()
        self.first = first

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)
        option["attrs"]["data-key"] = str(self.first + int(option["index"]))
        return option


class AuditForm(forms.Form):
    """The verdict; a "no" says why."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("¿Se resolvió de verdad lo que la persona reportó?"),
        choices=Verdict.choices,
        widget=KeyedRadios(first=1),
        error_messages={"required": gettext_lazy("Diga si la solución fue real.")},
    )
    why = forms.ChoiceField(
        label=gettext_lazy("Si no, ¿por qué?"),
        required=False,
        choices=[(w.value, w.label) for w in ClosureAudit.Why],
        widget=KeyedRadios(first=3),
    )
    text = text_field(
        gettext_lazy("Lo que encontró"),
        gettext_lazy("Lo lee la entidad. Sin nombres de funcionarios."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether they are needed depends on the verdict.
        for name in ("why", "text"):
            self.fields[name].hide_optional = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("verdict") == Verdict.NOT_REAL:
            if not given.get("why") and "why" not in self.errors:
                self.add_error("why", _("Elija por qué no fue una solución real."))
            if not given.get("text") and "text" not in self.errors:
                self.add_error(
                    "text", _("Escriba lo que encontró, para que la entidad lo entienda.")
                )
        return given
