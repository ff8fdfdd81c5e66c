"""The questions of a service type as form fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from centro.catalog.models import Question
from centro.web.templatetags.look import choices_of
from centro.web.templatetags.look import label as label_of

PREFIX = "q-"


class QuestionsForm(forms.Form):
    """Built for the questions of one service type; `answers()` is what the case keeps."""

    def __init__(
        self,
        questions: Iterable[Question],
        data: Mapping[str, str] | None = None,
        initial: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        for question in questions:
            self.fields[PREFIX + question.key] = field_for(question)

    def answers(self) -> dict[str, str]:
        """The answers given, by the question's key, as text."""
        given = ((name.removeprefix(PREFIX), value) for name, value in self.cleaned_data.items())
        return {key: str(value) for key, value in given if value not in (None, "")}


def field_for(question: Question) -> forms.Field:
    """The field that asks a question, in the reader's language."""
    label = label_of(question)
    match question.kind:
        case Question.Kind.CHOICE:
            return _choice(label, question.required, choices_of(question))
        case Question.Kind.YES_NO:
            return _choice(label, question.required, [("si", _("Sí")), ("no", _("No"))])
        case Question.Kind.NUMBER:
            return forms.DecimalField(
                label=label, required=question.required, max_digits=14, decimal_places=2
            )
        case Question.Kind.DATE:
            picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(label=label, required=question.required, widget=picker)
        case _:
            return forms.CharField(label=label, required=question.required, max_length=300)


def _choice(label: str, required: bool, choices: Sequence[tuple[str, object]]) -> forms.Field:
    offered = [("", "—"), *choices]
    return forms.ChoiceField(label=label, required=required, choices=offered)
