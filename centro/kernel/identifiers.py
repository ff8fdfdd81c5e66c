"""Identity numbers and telephones as people write them, in one canonical form each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from django.utils.translation import gettext as _

from centro.kernel.errors import Invalid

# Only the form can be checked: a cédula has no check digit.
_CEDULA = re.compile(
    r"(?:(?P<province>1[0-3]|[1-9])(?:-?(?P<letters>AV|PI))?|(?P<cls>PE|E|N))"
    r"-(?P<book>\d{1,4})-(?P<entry>\d{1,6})"
)
_LONGEST = 40


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    TOLL_FREE = "tollfree"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number: E.164 for machines, the national form for people, and its kind."""

    e164: str
    national: str
    kind: PhoneKind


def parse_cedula(text: str) -> str:
    """The canonical cédula, for example `8-888-8888`, `PE-12-345` or `8AV-12-345`.

    Raises Invalid when the form is not that of a Panamanian identity card.
    """
    raw = re.sub(r"\s*[-–—]\s*|\s+", "-", text.strip()[:_LONGEST]).upper()
    match = _CEDULA.fullmatch(raw)
    if match is None:
        raise Invalid(_("La cédula no tiene una forma conocida. Escríbala como 8-888-8888."))
    prefix = match["cls"] or f"{int(match['province'])}{match['letters'] or ''}"
    return f"{prefix}-{match['book']}-{match['entry']}"


def parse_phone(text: str, region: str = "PA") -> Phone:
    """The telephone for what a person typed, national or international.

    Raises Invalid when no telephone of the region or of another country has that form.
    """
    raw = text.strip()[:_LONGEST]
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise Invalid(_("El teléfono no es correcto. Escriba, por ejemplo, 6600-0001 o 212-3456."))
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return Phone(e164, national, _kind_of(parsed, e164, region))


def _kind_of(parsed: phonenumbers.PhoneNumber, e164: str, region: str) -> PhoneKind:
    if phonenumbers.region_code_for_number(parsed) != region:
        return PhoneKind.FOREIGN
    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.TOLL_FREE:
        return PhoneKind.TOLL_FREE
    # The library calls some old seven-digit prefixes mobile; a Panamanian mobile has eight digits.
    if kind == phonenumbers.PhoneNumberType.MOBILE and len(str(parsed.national_number)) >= 8:
        return PhoneKind.MOBILE
    return PhoneKind.LANDLINE
