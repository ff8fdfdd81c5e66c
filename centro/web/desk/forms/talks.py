"""Forms of conversations: the filter of their list, an answer, an ending, and what keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.channels.registry import all_channels
from centro.contacts.answering import LONGEST
from centro.contacts.canned import LONGEST as LONGEST_CANNED
from centro.contacts.canned import faults_of
from centro.contacts.models import CannedReply, Conversation
from centro.contacts.surging import LONGEST_NOTICE, usual_notice
from centro.kernel.errors import Invalid
from centro.kernel.numbers import parse_number
from centro.knowledge.models import Article


class TalkFilter(forms.Form):
    """What of the list is shown; a value that is none filters nothing."""

    canal = forms.ChoiceField(label=gettext_lazy("Canal"), required=False)
    idioma = forms.ChoiceField(label=gettext_lazy("Idioma"), required=False)
    entidad = forms.ChoiceField(label=gettext_lazy("Entidad"), required=False)

    def __init__(self, data: Any, *, agencies: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self._offer("canal", [(c.kind, c.label) for c in all_channels().values()])
        self._offer("idioma", settings.LANGUAGES)
        self._offer("entidad", [("centro", _("El Centro")), *agencies])

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Todos")), *choices]

    def value(self, name: str) -> str:
        """What was chosen; empty for anything that was not offered."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))


class ReplyForm(forms.Form):
    """The answer to a conversation."""

    text = forms.CharField(
        label=gettext_lazy("Respuesta"),
        max_length=LONGEST,
        widget=forms.Textarea(
            attrs={"rows": 5, "maxlength": LONGEST, "data-key": "r", "data-reply": True}
        ),
        error_messages={"required": gettext_lazy("Escriba la respuesta.")},
    )
    public = forms.BooleanField(
        label=gettext_lazy("Responder en público"),
        required=False,
        help_text=gettext_lazy("La leerá cualquiera: nada personal."),
    )

    def __init__(self, *args: Any, public: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not public:
            del self.fields["public"]


class NoteForm(forms.Form):
    """A word to colleagues."""

    note = forms.CharField(
        label=gettext_lazy("Nota interna"),
        max_length=LONGEST,
        help_text=gettext_lazy("La persona no la lee nunca."),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST, "data-key": "n"}),
    )


class CloseForm(forms.Form):
    """How a conversation ends without a case."""

    ending = forms.ChoiceField(
        label=gettext_lazy("Cómo termina"),
        choices=[
            (Conversation.Ending.ANSWERED.value, gettext_lazy("Consulta respondida: se cuenta")),
            (Conversation.Ending.NOTHING.value, gettext_lazy("Sin asunto: no se cuenta")),
        ],
        initial=Conversation.Ending.ANSWERED,
        widget=forms.RadioSelect,
    )
    summary = forms.CharField(
        label=gettext_lazy("Qué se preguntó"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Una línea, para las cifras."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    article = forms.ModelChoiceField(
        label=gettext_lazy("Con qué artículo se respondió"),
        required=False,
        queryset=Article.objects.none(),
        empty_label=gettext_lazy("Ninguno"),
    )

    def __init__(self, *args: Any, articles: Iterable[Article], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["article"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Article.objects.filter(pk__in=[article.pk for article in articles])

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        answered = told.get("ending") == Conversation.Ending.ANSWERED
        if answered and not (told.get("summary") or told.get("article")):
            self.add_error("summary", _("Escriba qué se preguntó, para poder contarlo."))
        return told


class AssignForm(forms.Form):
    """To whom a conversation goes."""

    to = forms.ChoiceField(label=gettext_lazy("A quién"))

    def __init__(self, *args: Any, colleagues: Iterable[tuple[User, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        self.people = {str(user.pk): user for user, _n in colleagues}
        field.choices = [
            (str(user.pk), _("%(name)s (%(n)s por responder)") % {"name": user.actor.label, "n": n})
            for user, n in colleagues
        ]

    @property
    def chosen(self) -> User:
        return self.people[self.cleaned_data["to"]]


class NumberForm(forms.Form):
    """The number of a case, as people write it."""

    number = forms.CharField(
        label=gettext_lazy("Número del caso"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def clean_number(self) -> str:
        try:
            return parse_number(self.cleaned_data["number"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from None


class CannedForm(forms.Form):
    """A ready answer."""

    name = forms.CharField(
        label=gettext_lazy("Nombre"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Idioma"), choices=settings.LANGUAGES)
    body = forms.CharField(
        label=gettext_lazy("Texto"),
        max_length=LONGEST_CANNED,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_CANNED}),
    )

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        faults = faults_of(body)
        if faults:
            raise forms.ValidationError(faults)
        return body

    def as_reply(self, reply: CannedReply | None) -> CannedReply:
        """The row that it says, not saved."""
        row = reply or CannedReply()
        for name in ("name", "language", "body"):
            setattr(row, name, self.cleaned_data[name])
        return row


class ShiftForm(forms.Form):
    """To whom one leaves what is open at the end of a shift."""

    to = forms.ChoiceField(label=gettext_lazy("Lo dejo a"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Qué debe saber quien sigue"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}),
    )

    def __init__(self, *args: Any, colleagues: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        self.people = {str(user.pk): user for user in colleagues}
        offered = [(pk, user.actor.label) for pk, user in self.people.items()]
        field.choices = [("", _("La cola: a quien esté libre")), *offered]

    @property
    def taker(self) -> User | None:
        return self.people.get(self.cleaned_data["to"])


class SurgeForm(forms.Form):
    """What everybody is told while a surge lasts, and what goes first."""

    notice = forms.CharField(
        label=gettext_lazy("Aviso para las personas"),
        max_length=LONGEST_NOTICE,
        help_text=gettext_lazy(
            "Se lee en los formularios. También se envía una vez al día a quien escriba."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_NOTICE}),
        initial=partial(usual_notice, "es"),
    )
    notice_en = forms.CharField(
        label=gettext_lazy("El mismo aviso en inglés"),
        required=False,
        max_length=LONGEST_NOTICE,
        help_text=gettext_lazy(
            "Lo recibe quien escribe en inglés. Vacío: se envía el aviso de costumbre en inglés."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_NOTICE, "lang": "en"}),
        initial=partial(usual_notice, "en"),
    )
    priorities = forms.CharField(
        label=gettext_lazy("Palabras que van primero"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Separadas por espacios. Por ejemplo: agua hospital oxígeno."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
