"""The forms of what can be done to a case. They understand what was typed; actions decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.cases.actions import LONGEST_PROMISE, usual_promise
from centro.cases.models import Case
from centro.cases.officials import refused_officials
from centro.cases.queries import nearby_cases
from centro.cases.statuses import Reason
from centro.catalog.models import CaseKind, Confidentiality
from centro.kernel.clock import now
from centro.web.desk import choices
from centro.web.desk.forms.fields import (
    AgencyField,
    HandedTo,
    PlaceField,
    ServiceField,
    end_of_office,
    limit_wait,
    photos_field,
    text_field,
    until_field,
)
from centro.web.desk.posts import SOLVERS


class CaseForm(forms.Form):
    """A form about one case, filled in by one user; without fields it only confirms."""

    def __init__(
        self, *args: Any, case: Case, user: User, focus: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.asker = user
        self.prepare()
        if focus and not self.is_bound:
            self._begin_at_the_first()

    def prepare(self) -> None:
        """Fill the choices that depend on the case."""

    @property
    def seen(self) -> str:
        """The case as this form shows it, and when: what is sent along, to be compared later."""
        return f"{now().timestamp():.3f} {_state_of(self.case)}"

    @property
    def is_stale(self) -> bool:
        """Whether the case changed hands or status since the form was shown."""
        state = self._sent_along[1]
        return bool(state) and state != _state_of(self.case)

    @property
    def shown_at(self) -> datetime | None:
        """When the form was shown, as it says itself."""
        try:
            return datetime.fromtimestamp(float(self._sent_along[0]), UTC)
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def _sent_along(self) -> tuple[str, str]:
        moment, _space, state = str(self.data.get("seen", "")).partition(" ")
        return moment, state

    @property
    def words(self) -> list[str]:
        """What was written by hand: the part that nobody should have to write again."""
        written = [b.value() for b in self if isinstance(b.field.widget, forms.Textarea)]
        return [str(text) for text in written if text]

    def _begin_at_the_first(self) -> None:
        """Whoever opens the form came to write: the first field has the focus."""
        first = next(iter(self.fields.values()), None)
        if first is not None and not isinstance(first.widget, forms.RadioSelect):
            first.widget.attrs["autofocus"] = True


def _state_of(case: Case) -> str:
    """Where the case stands and in whose hands: what must not change under somebody's form."""
    hands = (case.agency_id, case.unit_id, case.official_id)
    return "-".join(str(part or 0) for part in (case.status, case.cycle, *hands))


class NoteForm(CaseForm):
    text = text_field(
        gettext_lazy("Nota interna"),
        gettext_lazy("La leen la entidad y el centro; la persona que reportó no la ve."),
    )


class ReplyForm(CaseForm):
    text = text_field(
        gettext_lazy("Qué se le informa a la persona"),
        gettext_lazy("Diga qué se ha hecho y qué sigue. El caso continúa abierto."),
    )
    promised_for = until_field(
        gettext_lazy("Volverá a informarle a más tardar el"),
        gettext_lazy("La persona recibe esta fecha, y la mesa avisa si no se cumple."),
    )

    def prepare(self) -> None:
        field, today = self.fields["promised_for"], localdate()
        field.initial = usual_promise(self.case)
        field.widget.attrs |= {
            "min": today.isoformat(),
            "max": (today + LONGEST_PROMISE).isoformat(),
        }


class AttemptForm(CaseForm):
    text = text_field(
        gettext_lazy("Qué se intentó"),
        gettext_lazy("Por ejemplo: «Llamada a las 10:15, no contestó; se dejó mensaje»."),
    )


class InformationForm(CaseForm):
    text = text_field(
        gettext_lazy("Lo que añade la persona"),
        gettext_lazy("En sus palabras. Queda en el historial que ella puede consultar."),
    )


class AskForm(CaseForm):
    text = text_field(
        gettext_lazy("Pregunta para la persona"),
        gettext_lazy("El caso queda en espera hasta que responda o llegue la fecha."),
    )
    until = until_field(gettext_lazy("Esperar la respuesta hasta"))

    def prepare(self) -> None:
        limit_wait(self.fields["until"])

    def clean_until(self) -> datetime:
        return end_of_office(self.cleaned_data["until"])


_WAITS = (Reason.VISIT, Reason.MATERIALS, Reason.THIRD_PARTY, Reason.WEATHER, Reason.CITIZEN)


class HoldForm(CaseForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Por qué espera"), choices=[(r.value, r.label) for r in _WAITS]
    )
    until = until_field(gettext_lazy("Hasta"))
    text = text_field(gettext_lazy("Detalle"), required=False)

    def prepare(self) -> None:
        limit_wait(self.fields["until"])

    def clean_until(self) -> datetime:
        return end_of_office(self.cleaned_data["until"])


class ResolveForm(CaseForm):
    text = text_field(
        gettext_lazy("Cómo se resolvió"),
        gettext_lazy("La persona lo leerá tal cual y dirá si está de acuerdo."),
    )
    evidence = photos_field(gettext_lazy("Fotos de la solución"))


class PhotosForm(CaseForm):
    photos = photos_field(gettext_lazy("Fotos"), required=True)


class AssignForm(CaseForm):
    to = HandedTo(label=gettext_lazy("Encargar a"))

    def prepare(self) -> None:
        field = self.fields["to"]
        assert isinstance(field, HandedTo)
        refused = refused_officials(self.case)
        field.offer(choices.desks_of(self.case.agency_id or 0), refused)
        if self.case.unit_id:
            field.initial = str(self.case.unit_id)
            if self.case.official_id:
                field.initial += f":{self.case.official_id}"
        if refused:
            field.help_text = _("No aparece quien ya dio una solución que la persona no aceptó.")


class TransferForm(CaseForm):
    agency = AgencyField(label=gettext_lazy("Entidad a la que corresponde"))
    text = text_field(
        gettext_lazy("Por qué le corresponde"),
        gettext_lazy("Mientras no acepte, el caso sigue siendo suyo y el plazo corre."),
    )

    def prepare(self) -> None:
        field = self.fields["agency"]
        assert isinstance(field, AgencyField)
        field.offer(without=self.case.agency.acronym if self.case.agency else "")


class RefuseForm(CaseForm):
    text = text_field(
        gettext_lazy("Por qué no le corresponde"),
        gettext_lazy("El caso pasa a clasificación, con los motivos de las dos entidades."),
    )


class RouteForm(CaseForm):
    agency = AgencyField(label=gettext_lazy("Entidad que lo atenderá"))
    text = text_field(gettext_lazy("Nota para la entidad"), required=False)

    def prepare(self) -> None:
        field = self.fields["agency"]
        assert isinstance(field, AgencyField)
        field.offer()


class ReclassifyForm(CaseForm):
    service = ServiceField(label=gettext_lazy("Tipo de servicio"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo de caso"),
        required=False,
        help_text=gettext_lazy("Si no lo cambia, es el del servicio."),
        choices=[("", gettext_lazy("El del servicio")), *CaseKind.choices],
    )
    place = PlaceField(
        label=gettext_lazy("Lugar"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Sólo si está mal. Escriba el corregimiento o el distrito."),
    )
    text = text_field(gettext_lazy("Motivo de la corrección"))

    def prepare(self) -> None:
        field = self.fields["service"]
        assert isinstance(field, ServiceField)
        field.offer(self.case.description)
        field.initial = self.case.service.code
        if self.case.kind != self.case.service.kind:
            self.fields["kind"].initial = self.case.kind


class DuplicateForm(CaseForm):
    near = forms.ChoiceField(
        label=gettext_lazy("Casos parecidos y cercanos"), required=False, widget=forms.RadioSelect
    )
    number = forms.CharField(
        label=gettext_lazy("O el número del caso que lo representa"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"size": 16, "autocomplete": "off"}),
    )

    def prepare(self) -> None:
        near = nearby_cases(
            service=self.case.service,
            place=self.case.place,
            lat=self.case.lat,
            lon=self.case.lon,
            user=self.asker,
            limit=6,
        )
        shown = [(c.number, self._said(c)) for c in near if c != self.case and not c.is_sealed]
        self.fields["near"].choices = shown  # type: ignore[attr-defined]
        if not shown:
            del self.fields["near"]
            self.fields["number"].label = _("Número del caso que lo representa")

    def _said(self, case: Case) -> str:
        where = case.place.full_name if case.place else _("sin lugar")
        return f"{case.number} · {where} · {case.description[:90]}"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("number") and not given.get("near"):
            raise forms.ValidationError(_("Elija un caso o escriba su número."))
        given["of"] = given.get("number") or given.get("near")
        return given


class UnmergeForm(CaseForm):
    agency = AgencyField(label=gettext_lazy("Entidad que lo atenderá"))

    def prepare(self) -> None:
        field = self.fields["agency"]
        assert isinstance(field, AgencyField)
        field.offer()
        if self.case.agency:
            field.initial = self.case.agency.acronym


_LEVELS = [
    (Confidentiality.OPEN, gettext_lazy("Abierto: la entidad sabe quién reportó")),
    (
        Confidentiality.RESERVED,
        gettext_lazy("Reservado: la entidad lo atiende sin saber quién reportó"),
    ),
    (
        Confidentiality.SEALED,
        gettext_lazy("Sellado: sólo lo ven los oficiales de denuncias y quien ellos digan"),
    ),
]


class ConfidentialityForm(CaseForm):
    level = forms.ChoiceField(
        label=gettext_lazy("Nivel"),
        widget=forms.RadioSelect,
        choices=_LEVELS,
    )
    text = text_field(gettext_lazy("Motivo"))

    def prepare(self) -> None:
        self.fields["level"].initial = self.case.confidentiality
        if self.case.service.confidentiality == Confidentiality.SEALED:
            level = self.fields["level"]
            assert isinstance(level, forms.ChoiceField)
            level.choices = [one for one in _LEVELS if one[0] != Confidentiality.OPEN]


# Why a case may be closed by hand from where it is; the other closings have their own button.
CLOSINGS: dict[str, tuple[Reason, ...]] = {
    "received": (
        Reason.FIRST_CONTACT,
        Reason.OUT_OF_SCOPE,
        Reason.NOT_APPLICABLE,
        Reason.SPAM,
    ),
    "assigned": (Reason.NOT_APPLICABLE,),
    "waiting": (Reason.UNREACHABLE,),
}


class CloseForm(CaseForm):
    reason = forms.ChoiceField(label=gettext_lazy("Razón"), widget=forms.RadioSelect)
    text = text_field(
        gettext_lazy("Explicación para la persona"),
        gettext_lazy("La leerá tal cual, salvo si el caso se cierra como spam."),
    )

    def prepare(self) -> None:
        offered = [(r.value, r.label) for r in CLOSINGS.get(self.case.status, ())]
        field = self.fields["reason"]
        field.choices = offered  # type: ignore[attr-defined]
        if len(offered) == 1:
            field.initial = offered[0][0]


class WithdrawForm(CaseForm):
    text = text_field(gettext_lazy("Qué dijo la persona"), required=False)


class ReopenForm(CaseForm):
    text = text_field(
        gettext_lazy("Por qué no está resuelto"),
        gettext_lazy("Empieza un plazo nuevo y lo atiende otra persona."),
    )


class WhyForm(CaseForm):
    why = forms.CharField(
        label=gettext_lazy("Para qué necesita saberlo"),
        max_length=200,
        help_text=gettext_lazy("Queda registrado con su nombre y la hora."),
    )


class GrantForm(CaseForm):
    user = forms.ChoiceField(
        label=gettext_lazy("Dar acceso a"),
        help_text=gettext_lazy("Podrá leer y trabajar este caso hasta que usted se lo quite."),
    )

    def prepare(self) -> None:
        self.fields["user"].choices = [("", _("Elija…")), *_readers()]  # type: ignore[attr-defined]

    def clean_user(self) -> User:
        return User.objects.get(pk=self.cleaned_data["user"])


def _readers() -> list[tuple[str, str]]:
    """Those who hold a post that works cases today, denunciation officers apart."""
    posts = Assignment.objects.current().filter(role__in=SOLVERS - {Role.DENUNCIATIONS})
    posts = posts.filter(user__is_active=True).select_related("user", "agency")
    named = {
        str(p.user_id): " · ".join(
            part
            for part in (
                p.user.get_full_name() or p.user.username,
                p.get_role_display(),
                p.agency.acronym if p.agency else "",
            )
            if part
        )
        for p in posts.order_by("user__last_name", "user__first_name", "user_id")
    }
    return list(named.items())
