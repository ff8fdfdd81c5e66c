"""Everything that can be done to a case at the desk: one row each, and nothing else lists them.

Routes, buttons, forms and the access table of the tests all come from `DOINGS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.cases import actions
from centro.cases.models import Case
from centro.files.actions import keep_photo
from centro.files.models import StoredFile
from centro.kernel.actor import Actor
from centro.web.desk.forms import case as forms
from centro.web.desk.posts import DISTRIBUTORS, ENVOYS, FRONT, SOLVERS, VOICES, WRITERS

Given = Mapping[str, Any]
Run = Callable[[Case, Given, User, Actor], object]
Test = Callable[[Case, User], bool]

_ASSIGNED = frozenset({"assigned"})
_WORKED = frozenset({"assigned", "in_progress"})
_OPEN = frozenset({"assigned", "in_progress", "waiting"})
_UNSOLVED = _OPEN | {"received"}
_ACTIVE = _UNSOLVED | {"resolved"}
_ANY = _ACTIVE | {"closed", "duplicate"}


def _always(_case: Case, _user: User) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing to do: its address, words, who may, from which status, its form, its action.

    `main` are the statuses in which it is what one expects to do next (a button; the others are
    in a menu). `reach` is how far one must see into the case. `fits` asks what the status does
    not tell; `done` is said afterwards. What only `adds` to the case is done whatever else changed
    while it was being written; anything else is shown again first.
    """

    slug: str
    label: Promise
    icon: str
    roles: frozenset[Role]
    statuses: frozenset[str]
    run: Run
    done: Promise
    form: type[forms.CaseForm] = forms.CaseForm
    main: frozenset[str] = frozenset()
    fits: Test = _always
    reach: Literal["see", "work"] = "work"
    danger: bool = False
    adds: bool = False

    @property
    def key(self) -> str:
        """The name of its route."""
        return f"case_{self.slug.replace('-', '_')}"

    @property
    def asks(self) -> bool:
        """Whether there is something to fill in; otherwise its button does it at once."""
        return bool(self.form.base_fields)

    def address(self, case: Case) -> str:
        return reverse(f"desk:{self.key}", kwargs={"number": case.number})

    def offered(self, case: Case, user: User) -> bool:
        """Whether this user may do it to this case as it is now."""
        return (
            case.status in self.statuses
            and scope_of(user).has(*self.roles)
            and self.fits(case, user)
        )


def _not_sealed(case: Case, _user: User) -> bool:
    return not case.is_sealed


def _can_transfer(case: Case, _user: User) -> bool:
    return not case.is_sealed and case.proposed_agency_id is None


def _proposed_to(case: Case, user: User) -> bool:
    """The transfer waits for the word of an entity for which this user speaks."""
    return case.proposed_agency_id in scope_of(user).agencies_for(*ENVOYS)


def _is_sealed(case: Case, _user: User) -> bool:
    return case.is_sealed


def _may_close(case: Case, user: User) -> bool:
    """Each status has its own closers: triage the front, a refusal of the matter a supervisor."""
    roles = scope_of(user).roles
    if case.status == "received":
        return bool(roles & VOICES)
    if case.status == "assigned":
        return Role.SUPERVISOR in roles
    return bool(roles & SOLVERS)


def _photos(files: list[Any], by: Actor) -> list[StoredFile]:
    return [keep_photo(upload=f, name=f.name or "", by=by) for f in files]


def _assign(case: Case, given: Given, _user: User, by: Actor) -> None:
    unit, official = given["to"]
    actions.assign_case(case=case, unit=unit, official=official, by=by)


def _start(case: Case, _given: Given, _user: User, by: Actor) -> None:
    actions.start_case(case=case, by=by)


def _hold(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.hold_case(case=case, **given, by=by)


def _resume(case: Case, _given: Given, _user: User, by: Actor) -> None:
    actions.resume_case(case=case, by=by)


def _note(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.add_note(case=case, text=given["text"], by=by)


def _ask(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.ask_citizen(case=case, text=given["text"], until=given["until"], by=by)


def _reply(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.interim_reply(case=case, **given, by=by)


def _attempt(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.record_attempt(case=case, text=given["text"], by=by)


def _inform(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.add_information(case=case, text=given["text"], by=by)


def _attach(case: Case, given: Given, _user: User, by: Actor) -> None:
    for file in _photos(given["photos"], by):
        actions.attach_photo(case=case, file=file, by=by)


def _resolve(case: Case, given: Given, _user: User, by: Actor) -> None:
    evidence = _photos(given["evidence"], by)
    actions.resolve_case(case=case, text=given["text"], evidence=evidence, by=by)


def _propose(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.propose_transfer(case=case, to=given["agency"], text=given["text"], by=by)


def _accept(case: Case, _given: Given, _user: User, by: Actor) -> None:
    actions.accept_transfer(case=case, by=by)


def _refuse(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.refuse_transfer(case=case, text=given["text"], by=by)


def _route(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.route_case(case=case, agency=given["agency"], text=given["text"], by=by)


def _reclassify(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.reclassify_case(case=case, **given, by=by)


def _merge(case: Case, given: Given, user: User, by: Actor) -> None:
    of = Case.objects.reach(given["of"], user, to="work")
    actions.mark_duplicate(case=case, of=of, by=by)


def _unmerge(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.unmerge_case(case=case, agency=given["agency"], by=by)


def _set_level(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.set_confidentiality(case=case, level=given["level"], text=given["text"], by=by)


def _withdraw(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.withdraw_case(case=case, text=given["text"], by=by)


def _close(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.close_case(case=case, reason=given["reason"], text=given["text"], by=by)


def _confirm(case: Case, _given: Given, _user: User, by: Actor) -> None:
    actions.confirm_case(case=case, by=by)


def _reopen(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.reopen_case(case=case, text=given["text"], by=by)


def _grant(case: Case, given: Given, _user: User, by: Actor) -> None:
    actions.grant_access(case=case, user=given["user"], by=by)


DOINGS: tuple[Doing, ...] = (
    Doing(
        "aceptar", _("Aceptar el traslado"), "check", ENVOYS, _WORKED, _accept,
        _("Aceptó el traslado: el caso es de su entidad."),
        main=_WORKED, fits=_proposed_to, reach="see",
    ),
    Doing(
        "rechazar", _("Rechazar el traslado"), "close", ENVOYS, _WORKED, _refuse,
        _("Rechazó el traslado: el caso pasó a clasificación."),
        form=forms.RefuseForm, main=_WORKED, fits=_proposed_to, reach="see",
    ),
    Doing(
        "derivar", _("Enviar a una entidad"), "building", VOICES, frozenset({"received"}), _route,
        _("El caso se envió a la entidad."),
        form=forms.RouteForm, main=frozenset({"received"}),
    ),
    Doing(
        "empezar", _("Empezar"), "play", SOLVERS, _ASSIGNED, _start,
        _("El caso está en proceso."), main=_ASSIGNED,
    ),
    Doing(
        "continuar", _("Continuar"), "play", SOLVERS, frozenset({"waiting"}), _resume,
        _("La atención del caso continúa."), main=frozenset({"waiting"}),
    ),
    Doing(
        "resolver", _("Resolver"), "check", SOLVERS, _OPEN, _resolve,
        _("Quedó resuelto; se le avisa a la persona y se le pregunta si está de acuerdo."),
        form=forms.ResolveForm, main=_OPEN,
    ),
    Doing(
        "encargar", _("Encargar"), "user", DISTRIBUTORS, _OPEN, _assign,
        _("El caso tiene nuevo encargado."),
        form=forms.AssignForm, main=_ASSIGNED, fits=_not_sealed,
    ),
    Doing(
        "confirmar", _("La persona confirma"), "check", VOICES, frozenset({"resolved"}), _confirm,
        _("El caso se cerró como satisfactorio."), main=frozenset({"resolved"}),
    ),
    Doing(
        "reabrir", _("Reabrir"), "refresh", FRONT, frozenset({"resolved", "closed"}), _reopen,
        _("El caso se reabrió con un plazo nuevo."),
        form=forms.ReopenForm, main=frozenset({"resolved"}),
    ),
    Doing(
        "preguntar", _("Preguntar a la persona"), "question", SOLVERS, _OPEN, _ask,
        _("La pregunta se envió; el caso espera la respuesta."),
        form=forms.AskForm, main=frozenset({"in_progress"}),
    ),
    Doing(
        "avance", _("Informar del avance"), "reply", WRITERS, _UNSOLVED, _reply,
        _("Se le informó a la persona."),
        form=forms.ReplyForm, main=frozenset({"in_progress"}), adds=True,
    ),
    Doing(
        "esperar", _("Poner en espera"), "pause", SOLVERS, _WORKED, _hold,
        _("El caso queda en espera."), form=forms.HoldForm,
    ),
    Doing(
        "nota", _("Nota interna"), "note", WRITERS, _ANY, _note,
        _("La nota se guardó."), form=forms.NoteForm, main=_ACTIVE, adds=True,
    ),
    Doing(
        "intento", _("Anotar intento de contacto"), "phone-out", WRITERS, _ACTIVE, _attempt,
        _("El intento quedó anotado."), form=forms.AttemptForm, adds=True,
    ),
    Doing(
        "informacion", _("Añadir lo que dijo la persona"), "chat", VOICES, _ACTIVE, _inform,
        _("La información quedó en el caso."), form=forms.InformationForm, adds=True,
    ),
    Doing(
        "fotos", _("Añadir fotos"), "camera", WRITERS, _ACTIVE, _attach,
        _("Las fotos quedaron en el caso."), form=forms.PhotosForm, adds=True,
    ),
    Doing(
        "trasladar", _("Proponer un traslado"), "transfer", DISTRIBUTORS, _WORKED, _propose,
        _("La propuesta se envió. Mientras no la acepten, el caso sigue aquí."),
        form=forms.TransferForm, fits=_can_transfer,
    ),
    Doing(
        "reclasificar", _("Corregir la clasificación"), "tag", DISTRIBUTORS | VOICES, _UNSOLVED,
        _reclassify, _("La clasificación se corrigió."),
        form=forms.ReclassifyForm, main=frozenset({"received"}),
    ),
    Doing(
        "duplicado", _("Es duplicado de otro"), "merge", DISTRIBUTORS | FRONT,
        _WORKED | {"received"}, _merge, _("El otro caso lo representa desde ahora."),
        form=forms.DuplicateForm, main=frozenset({"received"}), fits=_not_sealed,
    ),
    Doing(
        "separar", _("Separar del otro caso"), "merge", frozenset({Role.SUPERVISOR}),
        frozenset({"duplicate"}), _unmerge, _("El caso se atiende otra vez por su cuenta."),
        form=forms.UnmergeForm, main=frozenset({"duplicate"}),
    ),
    Doing(
        "confidencialidad", _("Cambiar la confidencialidad"), "lock",
        frozenset({Role.SUPERVISOR, Role.DENUNCIATIONS}), _ACTIVE, _set_level,
        _("La confidencialidad cambió."), form=forms.ConfidentialityForm,
    ),
    Doing(
        "acceso", _("Dar acceso a alguien"), "key", frozenset({Role.DENUNCIATIONS}), _ANY, _grant,
        _("La persona ya puede ver el caso."), form=forms.GrantForm, fits=_is_sealed, adds=True,
    ),
    Doing(
        "desistir", _("La persona desiste"), "sign-out", VOICES, _UNSOLVED, _withdraw,
        _("El caso se cerró como desistido."), form=forms.WithdrawForm, danger=True,
    ),
    Doing(
        "cerrar", _("Cerrar sin solución"), "close", SOLVERS | FRONT,
        frozenset(forms.CLOSINGS), _close, _("El caso se cerró."),
        form=forms.CloseForm, main=frozenset({"received"}), fits=_may_close, danger=True,
    ),
)  # fmt: skip
BY_SLUG: Mapping[str, Doing] = {doing.slug: doing for doing in DOINGS}


def offered(case: Case, user: User, *, works: bool) -> list[Doing]:
    """What this user may do to this case now; `works` is whether it lies in their reach to work."""
    return [d for d in DOINGS if (works or d.reach == "see") and d.offered(case, user)]
