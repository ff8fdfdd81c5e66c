"""People for a demonstration: one sign-in per role, all with the same password."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit

PASSWORD = "demostracion-311"  # noqa: S105 printed on purpose, and only in a demonstration
_DOMAIN = "centro311.example"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who signs in during a demonstration. `region` picks the unit of a province."""

    username: str
    first_name: str
    last_name: str
    role: Role
    agency: str = ""
    region: str = ""

    @property
    def post(self) -> str:
        where = " · ".join(part for part in (self.agency, self.region) if part)
        return f"{self.role.label} ({where})" if where else str(self.role.label)


PEOPLE = (
    DemoPerson("operadora", "Yaritza", "Batista", Role.OPERATOR),
    DemoPerson("operador", "Rubén", "Pimentel", Role.OPERATOR),
    DemoPerson("supervisora", "Maribel", "Quintero", Role.SUPERVISOR),
    DemoPerson("calidad", "Edilma", "Concepción", Role.QUALITY),
    DemoPerson("directora", "Xiomara", "Arosemena", Role.DIRECTOR),
    DemoPerson("enlace", "Ernesto", "Jaén", Role.LIAISON, "IDAAN"),
    DemoPerson("ejecutiva", "Anayansi", "Tejada", Role.EXECUTIVE, "IDAAN"),
    DemoPerson("funcionaria", "Dalys", "Murillo", Role.OFFICIAL, "IDAAN", "Panamá"),
    DemoPerson("funcionario", "Aristides", "Sáenz", Role.OFFICIAL, "IDAAN", "Panamá"),
    DemoPerson("chiriqui", "Vielka", "Caballero", Role.OFFICIAL, "IDAAN", "Chiriquí"),
    DemoPerson("jefe", "Octavio", "Barría", Role.HEAD, "IDAAN"),
    DemoPerson("enlace.mop", "Itzel", "Guardia", Role.LIAISON, "MOP"),
    DemoPerson("funcionario.mop", "Abdiel", "Córdoba", Role.OFFICIAL, "MOP", "Panamá"),
    DemoPerson("presidencia", "Leonor", "Villarreal", Role.PRESIDENCY),
    DemoPerson("denuncias", "Marcos", "Espinosa", Role.DENUNCIATIONS),
    DemoPerson("editora", "Kenia", "Ábrego", Role.EDITOR),
    DemoPerson("auditor", "Franklin", "De León", Role.AUDITOR),
    DemoPerson("administradora", "Rosaura", "Ureña", Role.ADMINISTRATOR),
)


@transaction.atomic
def make_demo_people() -> int:
    """Make those who are not there yet, and give each their post; how many were made."""
    known = set(User.objects.filter(username__in=_names()).values_list("username", flat=True))
    password = make_password(PASSWORD)
    missing = [person for person in PEOPLE if person.username not in known]
    for person in missing:
        user = User.objects.create(
            username=person.username,
            first_name=person.first_name,
            last_name=person.last_name,
            email=f"{person.username}@{_DOMAIN}",
            password=password,
        )
        _give_post(user, person)
    return len(missing)


def demo_people() -> list[DemoPerson]:
    """Those who can sign in now, in the order of the roles."""
    known = set(User.objects.filter(username__in=_names()).values_list("username", flat=True))
    return [person for person in PEOPLE if person.username in known]


def _names() -> list[str]:
    return [person.username for person in PEOPLE]


def _give_post(user: User, person: DemoPerson) -> None:
    agency = Agency.objects.filter(acronym=person.agency).first() if person.agency else None
    if person.agency and agency is None:
        return  # another country's pack: its entities have other names
    unit = None
    if agency and person.role == Role.OFFICIAL:
        units = Unit.objects.filter(agency=agency, active=True)
        unit = units.filter(province__name=person.region).first() or units.first()
    Assignment.objects.create(user=user, role=person.role, agency=agency, unit=unit)
