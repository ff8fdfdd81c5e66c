from __future__ import annotations

import pytest

from centro.kernel.errors import Invalid
from centro.kernel.identifiers import PhoneKind, parse_cedula, parse_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("8-888-8888", "8-888-8888"),
        (" 8-442-445 ", "8-442-445"),
        ("pe-12-345", "PE-12-345"),
        ("E-8-12345", "E-8-12345"),
        ("8-AV-12-345", "8AV-12-345"),
        ("3PI-12-345", "3PI-12-345"),
        ("8 888 8888", "8-888-8888"),
    ],
)
def test_a_cedula_has_one_form(typed: str, kept: str):
    assert parse_cedula(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "14-1-1",
        "8-88888-1",
        "X-1-1",
        "8-888-8888; DROP",
        "8--8",
        "08-888-8888",
        "PI-1-2",
        "0-1-1",
    ],
)
def test_what_is_no_cedula_is_refused(typed: str):
    with pytest.raises(Invalid):
        parse_cedula(typed)


@pytest.mark.parametrize(
    ("typed", "e164", "kind"),
    [
        ("6600-0001", "+50766000001", PhoneKind.MOBILE),
        ("+507 6600 0001", "+50766000001", PhoneKind.MOBILE),
        ("212-3456", "+5072123456", PhoneKind.LANDLINE),
        ("507-200-0001", "+5072000001", PhoneKind.LANDLINE),
        ("765-4321", "+5077654321", PhoneKind.LANDLINE),
        ("800-1234", "+5078001234", PhoneKind.TOLL_FREE),
        ("+34 912 345 678", "+34912345678", PhoneKind.FOREIGN),
    ],
)
def test_a_telephone_has_one_form(typed: str, e164: str, kind: PhoneKind):
    phone = parse_phone(typed)
    assert (phone.e164, phone.kind) == (e164, kind)


@pytest.mark.parametrize(
    "typed",
    ["", "123", "311", "6123-456", "58888888", "12345678", "no tengo", "+", "6600-00", "0" * 60],
)
def test_what_is_no_telephone_is_refused(typed: str):
    with pytest.raises(Invalid):
        parse_phone(typed)
