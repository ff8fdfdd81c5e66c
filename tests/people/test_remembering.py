"""Remembering people, and never letting anybody into another's record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.kernel.actor import Actor, Kind, citizen
from centro.kernel.errors import Invalid, NotAllowed
from centro.people import models as people_models
from centro.people.actions import merge_people, remember_person, unmerge_people
from centro.people.admin import MergeAdmin
from centro.people.models import ContactPoint, Merge, Person
from centro.people.queries import find_people, records_of
from tests import make

OPERATOR = Actor(Kind.STAFF, 1, "Operadora")
ANA = {
    "name": "Ana Núñez",
    "cedula": "8-888-8888",
    "phone": "6600-0001",
    "email": "ana@correo.example",
}


def remember(by: Actor = OPERATOR, /, **said: str) -> Person:
    person = remember_person(by=by, **said)
    assert person is not None
    return person


def points_of(person: Person) -> set[str]:
    return set(person.contact_points.values_list("value", flat=True))


def test_nothing_said_is_nobody():
    assert remember_person(name="  ", phone=" ", by=citizen()) is None
    assert not Person.objects.exists()


def test_everything_is_kept_in_one_form():
    person = remember(
        name="  Ana \n Núñez ",
        cedula="08-888-8888".lstrip("0"),
        phone="6600 0001",
        email=" ANA@Correo.Example",
    )
    assert person.name == "Ana Núñez"
    assert points_of(person) == {"+50766000001", "ana@correo.example"}
    assert (person.phone, person.email) == ("+50766000001", "ana@correo.example")
    assert person.document == "8-888-8888"


def test_the_cedula_is_nowhere_in_clear():
    person = remember(**ANA)
    row = Person.objects.filter(pk=person.pk).values().get()
    assert "8888" not in str(
        {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}
    )


def test_another_key_opens_no_cedula(settings):
    person = remember(**ANA)
    settings.PERSON_KEY = b"another key"
    with pytest.raises(InvalidToken):
        person.document  # noqa: B018
    assert find_people("8-888-8888") == []


@pytest.mark.parametrize(
    "bad",
    [
        {"phone": "123"},
        {"phone": "6600-0001 ext"},
        {"email": "ana@"},
        {"email": "ana@correo.example\nBcc: todos@correo.example"},
        {"email": f"{'a' * 250}@correo.example"},
        {"cedula": "abc"},
        {"name": "A" * 151},
    ],
)
def test_data_in_no_known_form_are_refused(bad):
    with pytest.raises(Invalid):
        remember_person(**bad, by=citizen())
    assert not Person.objects.exists()


@pytest.mark.parametrize("name", ["A\x00na", "ﬃ" * 150, "عائشة", "Ana'; DROP TABLE people--"])
def test_strange_names_are_kept_as_far_as_they_can_be(name):
    assert remember(name=name, phone="6600-0001").display_name


class TestStaff:
    """Who speaks with the person recognises and completes the record."""

    def test_one_cedula_is_one_person(self):
        first = remember(**ANA)
        again = remember(name="Anita", cedula="8-888-8888", phone="6600-0002")
        assert again == first
        assert points_of(first) == {"+50766000001", "+50766000002", "ana@correo.example"}
        assert Person.objects.get().name == "Ana Núñez"

    def test_one_telephone_and_one_name_are_one_person(self):
        first = remember(name="Ana Núñez", phone="6600-0001")
        assert remember(name="ana nunez", phone="+507 6600-0001") == first

    def test_a_family_shares_a_telephone(self):
        assert remember(name="Ana", phone="6600-0001") != remember(name="Luis", phone="6600-0001")

    def test_a_cedula_told_later_is_added(self):
        first = remember(name="Ana Núñez", phone="6600-0001")
        assert remember(**ANA) == first
        assert Person.objects.get().document == "8-888-8888"

    def test_another_cedula_is_another_person(self):
        first = remember(**ANA)
        assert remember(**{**ANA, "cedula": "8-111-2222"}) != first

    def test_a_name_told_later_is_added(self):
        first = remember(cedula="8-888-8888")
        remember(**ANA)
        assert Person.objects.get(pk=first.pk).name == "Ana Núñez"


class TestCitizens:
    """What somebody writes of themselves proves nothing."""

    def test_the_same_words_are_the_same_person(self):
        assert remember(citizen(), **ANA) == remember(citizen(), **ANA)
        assert ContactPoint.objects.count() == 2

    @pytest.mark.parametrize(
        "said",
        [
            {**ANA, "email": "otro@correo.example"},
            {"name": "Ana Núñez", "cedula": "8-888-8888", "email": "otro@correo.example"},
            {"name": "Ana Núñez", "phone": "6600-0001"},
            {"name": "Ana Núñez", "phone": "6600-0001", "cedula": "8-888-8888"},
            {"cedula": "8-888-8888"},
            {"name": "Ana Núñez", "email": "ana@correo.example"},
        ],
    )
    def test_knowing_part_of_another_s_data_opens_no_record(self, said):
        ana = remember(**ANA)
        other = remember(citizen(), **said)
        assert other != ana
        assert points_of(ana) == {"+50766000001", "ana@correo.example"}
        assert points_of(other) <= set(_canonical(said))

    def test_without_a_way_to_reach_them_nobody_is_recognised(self):
        assert remember(citizen(), name="Ana") != remember(citizen(), name="Ana")


def _canonical(said: dict[str, str]) -> list[str]:
    return ["+50766000001" if said.get("phone") else "", said.get("email", "")]


def data_statements(captured: CaptureQueriesContext) -> list[str]:
    control = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(control)]


@pytest.mark.parametrize("known", [True, False])
def test_remembering_a_citizen_takes_at_most_three_statements(known):
    if known:
        remember(citizen(), **ANA)
    with CaptureQueriesContext(connection) as captured:
        remember(citizen(), **ANA)
    assert len(data_statements(captured)) <= 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [citizen(), OPERATOR])
def test_two_forms_at_the_same_moment_make_one_person(by):
    def send(_n: int) -> int:
        try:
            return remember(by, **ANA).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(12)))) == 1
    assert ContactPoint.objects.count() == 2


def test_the_database_keeps_index_and_ciphertext_together():
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(name="x", document_hmac="abc")


class TestFinding:
    @pytest.fixture(autouse=True)
    def _people(self) -> None:
        self.ana = remember(**ANA)
        self.luis = remember(name="Luis Ángel De la Guardia", phone="212-3456")

    @pytest.mark.parametrize(
        "typed",
        [
            "6600-0001",
            "+507 6600 0001",
            "66000001",
            "0001",
            "000-1".replace("-", ""),
            "ana@correo.example",
            "ANA@correo.example ",
            "8-888-8888",
            "8 888 8888",
            "ana",
            "Núñez",
            "nunez",
            "ANA nuñ",
            "nuñez ana",
            "án",
        ],
    )
    def test_one_is_found_by_what_one_says(self, typed):
        expected = [] if typed == "án" else [self.ana]
        assert find_people(typed) == expected

    @pytest.mark.parametrize("typed", ["guardia", "ange guar", "luis de la", "3456", "2123456"])
    def test_words_of_a_name_in_any_order(self, typed):
        assert find_people(typed) == [self.luis]

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "a",
            "1",
            "001",
            "%",
            "____",
            "\x00",
            "' OR 1=1",
            "& | !",
            "():*",
            "x" * 5000,
            "@",
            "9-999-9999",
            "<->",
        ],
    )
    def test_what_says_nothing_finds_nobody(self, typed):
        assert find_people(typed) == []

    def test_a_company_with_a_number_in_its_name(self):
        shop = remember(name="Café 24 Horas, S.A.", kind="company", phone="260-0000")
        assert find_people("24 horas") == find_people("cafe 24") == [shop]

    def test_a_common_name_shows_only_the_newest(self):
        for n in range(25):
            remember(name="María Pérez", phone=f"6611-00{n:02d}")
        found = find_people("maria")
        assert len(found) == 20
        assert [p.pk for p in found] == sorted((p.pk for p in found), reverse=True)

    def test_a_list_costs_few_statements(self, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            assert [(p.phone, p.email) for p in find_people("ana")]


class TestMerging:
    @pytest.fixture(autouse=True)
    def _people(self) -> None:
        self.supervisor = make.user(Role.SUPERVISOR).actor
        self.ana, self.anita = remember(**ANA), remember(name="Anita Núñez", phone="6600-0009")

    def merge(self, keep: Person | None = None, absorb: Person | None = None) -> Merge:
        return merge_people(
            keep=keep or self.ana,
            absorb=absorb or self.anita,
            reason="Misma voz",
            by=self.supervisor,
        )

    def test_the_kept_record_is_found_for_both(self):
        self.merge()
        assert find_people("6600-0009") == [self.ana]
        assert find_people("nunez") == [self.ana]
        assert records_of(self.ana) == [self.ana.pk, self.anita.pk]
        assert set(records_of(self.anita)) == {self.ana.pk, self.anita.pk}

    def test_it_can_be_undone_whole(self):
        merge = self.merge()
        unmerge_people(merge=merge, by=self.supervisor)
        assert find_people("6600-0009") == [self.anita]
        assert records_of(self.ana) == [self.ana.pk]
        assert Merge.objects.get().undone_by_id == self.supervisor.id
        self.merge()

    def test_no_chains_and_no_circles(self):
        third = remember(name="Ana", phone="6600-0010")
        self.merge()
        for keep, absorb in [
            (self.anita, third),
            (third, self.anita),
            (third, self.ana),
            (self.anita, self.ana),
        ]:
            with pytest.raises(Invalid):
                self.merge(keep, absorb)
        self.merge(self.ana, third)
        assert records_of(third) == [third.pk, self.ana.pk, self.anita.pk]

    def test_one_is_not_joined_with_oneself(self):
        with pytest.raises(Invalid):
            self.merge(self.ana, self.ana)
        with pytest.raises(IntegrityError), transaction.atomic():
            Merge.objects.create(kept=self.ana, absorbed=self.ana, by=make.user())

    def test_a_reason_is_given(self):
        with pytest.raises(Invalid):
            merge_people(keep=self.ana, absorb=self.anita, reason=" ", by=self.supervisor)

    def test_citizens_join_nobody(self):
        with pytest.raises(NotAllowed):
            merge_people(keep=self.ana, absorb=self.anita, reason="Soy yo", by=citizen())

    def test_the_administration_shows_no_personal_data(self):
        shown = {*MergeAdmin.list_display, *MergeAdmin.fields}
        assert not shown & {"kept", "absorbed", "reason", "kept__name", "absorbed__name"}


def test_every_text_about_a_person_is_marked_personal_or_known_not_to_be():
    harmless = {"kind", "language"}
    for model in apps.get_app_config("people").get_models():
        texts = {
            f.name
            for f in model._meta.get_fields()
            if isinstance(f, models.CharField | models.TextField | models.BinaryField)
        }
        assert texts - harmless - people_models.PERSONAL[model._meta.label] == set() or (
            model is ContactPoint and texts - harmless == {"value", "failure"}
        )
