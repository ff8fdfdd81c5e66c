"""What waits for somebody when they sit down at the desk, by the posts they hold."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import Scope, scope_of
from centro.cases.audits import audit_queue
from centro.cases.counts import folder_counts
from centro.cases.models import Instruction
from centro.cases.noticeboard import unread_count
from centro.cases.presidency import count_waiting
from centro.cases.queries import Folder, triage_queue
from centro.contacts.models import CallBack, Draft
from centro.kernel.clock import now
from centro.web.desk.posts import FRONT, READERS

_OFFICE = (Role.LIAISON, Role.EXECUTIVE, Role.HEAD)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that waits, and the page where it is worked; hot when it should be zero."""

    label: str | Promise
    count: int
    url: str
    hot: bool = False


# Folder of the inbox → (its word in the address, its words here, whether it should be empty).
_FOLDERS: dict[Folder, tuple[str, Promise, bool]] = {
    "mine": ("mios", _("A mi cargo"), False),
    "unassigned": ("sin-encargado", _("Sin encargado"), True),
    "overdue": ("vencidos", _("Vencidos"), True),
    "proposed": ("propuestos", _("Traslados que nos proponen"), True),
    "interim": ("avances", _("Avances pendientes"), True),
    "waiting": ("en-espera", _("En espera"), False),
    "resolved": ("resueltos", _("Resueltos por confirmar"), False),
    "active": ("activos", _("Activos"), False),
}


def tiles_for(user: User) -> list[Tile]:
    """What came from above, notices, calls, drafts, triage, audits and the folders of the inbox: at
    most five statements for the front and for an entity, six for the Presidency."""
    scope = scope_of(user)
    tiles = _from_above(user, scope)
    if scope.has(*READERS):
        unread = unread_count(user)
        tiles.append(Tile(_("Avisos sin leer"), unread, reverse("desk:notices"), unread > 0))
    if scope.has(*FRONT):
        tiles += _front(user)
        waiting = triage_queue(user).order_by().count()
        tiles.append(Tile(_("Por clasificar"), waiting, reverse("desk:triage"), waiting > 0))
    if scope.has(Role.QUALITY):
        audits = audit_queue(user).order_by().count()
        tiles.append(Tile(_("Cierres por revisar"), audits, reverse("desk:audits")))
    return tiles + _folders(user, _folders_of(scope))


def _from_above(user: User, scope: Scope) -> list[Tile]:
    """What reached the President; what the Presidency instructed this user's entity."""
    tiles = []
    if scope.has(Role.PRESIDENCY):
        waiting = count_waiting()
        address = reverse("desk:presidency")
        tiles.append(Tile(_("Llegó a la Presidencia"), waiting, address, waiting > 0))
    if scope.has(*_OFFICE):
        mine = scope.agencies_for(*_OFFICE)
        open_ones = Instruction.objects.open().filter(agency__in=mine).count()
        if open_ones:
            address = reverse("desk:instructions")
            tiles.append(Tile(_("Instrucciones de la Presidencia"), open_ones, address, hot=True))
    return tiles


def _front(user: User) -> list[Tile]:
    waiting = CallBack.objects.filter(state=CallBack.State.WAITING, due_at__lte=now())
    drafts = Draft.objects.filter(face=Draft.Face.DESK, user=user).count()
    return [
        Tile(_("Llamadas por devolver"), waiting.count(), reverse("desk:callbacks")),
        Tile(_("Atenciones sin terminar"), drafts, reverse("desk:intake"), drafts > 0),
    ]


def _folders_of(scope: Scope) -> list[Folder]:
    folders: list[Folder] = []
    if scope.has(Role.OFFICIAL):
        folders += ["mine", "overdue", "interim", "waiting"]
    if scope.has(*_OFFICE):
        folders += ["proposed", "unassigned", "overdue", "interim", "waiting", "resolved", "active"]
    if scope.has(Role.SUPERVISOR, Role.DIRECTOR, Role.PRESIDENCY, Role.QUALITY):
        folders += ["overdue", "unassigned", "resolved", "active"]
    if scope.has(Role.DENUNCIATIONS):
        folders += ["overdue", "active"]
    return list(dict.fromkeys(folders))


def _folders(user: User, folders: list[Folder]) -> list[Tile]:
    counts = folder_counts(user, folders)
    return [_tile(folder, counts[folder]) for folder in folders]


def _tile(folder: Folder, count: int) -> Tile:
    word, label, hot = _FOLDERS[folder]
    return Tile(label, count, f"{reverse('desk:inbox')}?carpeta={word}", hot and count > 0)
