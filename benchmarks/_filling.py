"""Fills a database with cases by bulk SQL: a million in about a minute, the same ones each time.

The proportions are those of a service that has run for three years: nine tenths of the cases lie
behind and nearly all of them are closed; of the newest tenth most are in somebody's hands. Every
choice follows from the number of the case, so that two fillings of one size are equal.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection

from benchmarks import _filling_clocks as clocks
from benchmarks._base import doing, say
from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit
from centro.cases.models import Case
from centro.catalog.models import ServiceType
from centro.kernel.clock import now
from centro.kernel.text import fold, stems, words
from centro.knowledge.models import Article
from centro.places.models import Landmark, Place

# Found in exactly five cases, whatever the size.
RARE = "guardabarranco"
RARE_CASES = 5
# Both are in a large share of all cases.
COMMON = ("calle", "agua")
_PICKS = 4096
_OFFICIALS = 4
# What most people report, as a share of all cases.
_BUSY = {"IDAAN": 0.28, "MOP": 0.16, "AAUD": 0.12, "ASEP": 0.08, "CSS": 0.06, "POLICIA": 0.05}
_FIRST = """Yaritza Maribel Edilma Xiomara Ernesto Anayansi Dalys Aristides Vielka Octavio Itzel Abdiel Leonor
    Marcos Kenia Franklin Rosaura José María Juan Luis Carlos Ana Carmen Rosa Elena Jorge Miguel Ángel
    Ricardo Gloria Marta Eduardo Roberto Mario Julio César Raúl Irma Nidia Gisela Denis Omar Rubén Tomás
    Julissa Yamileth Eyra Katherine Kevin Brayan Stephany Génesis Adán Efraín Fermín Eneida Zuleika""".split()
_LAST = """González Rodríguez Pérez Sánchez Martínez Batista Quintero Concepción Arosemena Jaén Tejada Murillo
    Sáenz Caballero Barría Guardia Córdoba Villarreal Espinosa Ábrego Ureña Castillo Castro Ortega Vega
    Morales Herrera Díaz Ríos Serrano Pinzón Navarro Delgado Moreno Cedeño Samaniego De_Gracia Santamaría
    Montenegro Atencio Pitty Guerra Araúz Miranda Lezcano Samudio Candanedo Valdés Tuñón Him Chen Ávila""".split()
_PHRASES = (
    "Desde hace {n} días {k} y nadie viene a arreglarlo.",
    "{k}. Ya llamamos {n} veces y seguimos igual en la calle {n}.",
    "Buenas, quiero reportar que {k} frente a la casa {n}.",
    "Los vecinos de la calle principal avisan: {k}, sobre todo de noche.",
    "{k} cerca de {w} y hay niños que pasan por ahí.",
    "Le escribo porque {k}; el agua corre por la calle y afecta a {n} familias.",
    "{k}, junto a {w}. Por favor manden a alguien.",
    "Otra vez {k}. Hace {n} semanas dijeron que lo resolverían, por {w}.",
)


def fill(cases: int) -> None:
    """Fill the database of this process, which has a country and no case."""
    _make_staff()
    _write_picks()
    with connection.cursor() as cursor:
        for setting in (
            "synchronous_commit = off",
            "maintenance_work_mem = '512MB'",
            "work_mem = '128MB'",
            "max_parallel_maintenance_workers = 2",
        ):
            cursor.execute(f"SET {setting}")
        tables = [
            "people_person",
            "people_contactpoint",
            "cases_case",
            "cases_timelineentry",
            "channels_outboundmessage",
            *clocks.TABLES,
        ]
        held = _take_off(cursor, tables)
        for what, statement in _statements(cases):
            with doing(f"  {what}"):
                cursor.execute(statement)
        with doing("  indexes and constraints"):
            for statement in held:
                cursor.execute(statement)
        for table in tables:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("VACUUM (ANALYZE)" if cases < 100_000 else "ANALYZE agencies_unit")


def fill_demonstration(scale: float) -> None:
    """The demonstration of `centro demo`, or a share of it."""
    from centro.ops.demonstration.load import make_demonstration

    folder = Path(__file__).resolve().parents[1] / "packs" / "panama" / "demo"
    make_demonstration(folder, now=now(), scale=scale, report=lambda doing, _: say(f"  {doing}"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def _make_staff() -> None:
    """A liaison and a few officials in each entity."""
    password = make_password(None)
    agencies = list(Agency.objects.filter(active=True).order_by("pk"))
    units: dict[int, list[Unit]] = {}
    for unit in Unit.objects.filter(active=True).order_by("code"):
        units.setdefault(unit.agency_id, []).append(unit)
    users, posts = [], []
    for agency in agencies:
        for n in range(_OFFICIALS + 1):
            user = User(
                username=f"bench.{agency.slug}.{n}",
                first_name=_FIRST[(agency.pk * 7 + n) % len(_FIRST)],
                last_name=_LAST[(agency.pk * 3 + n) % len(_LAST)],
                password=password,
            )
            role = Role.OFFICIAL if n else Role.LIAISON
            theirs = units.get(agency.pk, [])
            unit_of = theirs[n % len(theirs)] if n and theirs else None
            users.append(user)
            posts.append(Assignment(user=user, role=role, agency=agency, unit=unit_of))
    User.objects.bulk_create(users)
    for post in posts:
        post.user_id = post.user.pk
    Assignment.objects.bulk_create(posts)


def _write_picks() -> None:
    """Small tables from which the SQL picks: services, places, texts, names, officials."""
    choice = random.Random(311)
    services = _weighted(_services(), choice)
    _table("pick_service", "n int, service_id bigint, terms text[]", [
        (n, s.pk, _terms(s.name)) for n, s in enumerate(services)
    ])  # fmt: skip
    places = _weighted_places(choice)
    _table("pick_place", "n int, place_id bigint, province_id bigint, lat float8, lon float8, terms text[]", [
        (n, p.pk, p.province_id, p.lat, p.lon, _terms(p.full_name)) for n, p in enumerate(places)
    ])  # fmt: skip
    _table("pick_text", "n int, service_id bigint, description text, terms text[]", _texts(choice))
    _table("pick_name", "n int, name text, key text", _names(choice))
    for name, columns, rows in clocks.Terms().tables():
        _table(name, columns, rows)
    with connection.cursor() as cursor:
        for index in clocks.INDEXES:
            cursor.execute(index)
        cursor.execute(
            "CREATE TEMP TABLE pick_official AS SELECT unit_id, agency_id,"
            " array_agg(user_id ORDER BY user_id) AS users FROM agencies_assignment"
            " WHERE role = 'official' AND unit_id IS NOT NULL GROUP BY 1, 2"
        )
        for table in ("service", "place", "name"):
            cursor.execute(f"CREATE UNIQUE INDEX ON pick_{table} (n)")
        cursor.execute("CREATE UNIQUE INDEX ON pick_text (service_id, n)")
        picks = "service place name text official day policy term due"
        for table in picks.split():
            cursor.execute(f"ANALYZE pick_{table}")


def _table(name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    ready = list(rows)  # they are read through the connection that is about to be copying
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {name} ({columns})")
        with cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in ready:
                copy.write_row(row)


def _services() -> list[tuple[ServiceType, float]]:
    found = list(ServiceType.objects.filter(active=True).select_related("agency").order_by("code"))
    of_agency: dict[int | None, int] = {}
    for service in found:
        of_agency[service.agency_id] = of_agency.get(service.agency_id, 0) + 1
    rest = (1 - sum(_BUSY.values())) / max(len(of_agency) - len(_BUSY), 1)

    def weight(service: ServiceType) -> float:
        share = _BUSY.get(service.agency.acronym if service.agency else "", rest)
        return share / of_agency[service.agency_id]

    return [(service, weight(service)) for service in found]


def _weighted(items: list[tuple[ServiceType, float]], choice: random.Random) -> list[ServiceType]:
    return choice.choices([i for i, _ in items], [w for _, w in items], k=_PICKS)


def _weighted_places(choice: random.Random) -> list[Place]:
    found = list(
        Place.objects.filter(level="corregimiento", active=True, lat__isnull=False)
        .select_related("district", "province")
        .order_by("code")
    )
    return choice.choices(found, [p.population + 1 for p in found], k=_PICKS)


_TEXTS_PER_SERVICE = 64


def _texts(choice: random.Random) -> Iterable[tuple[int, int, str, list[str]]]:
    """Texts in the words of each service type, with words of the country in between."""
    bodies = " ".join(Article.objects.order_by("slug").values_list("body", flat=True))
    vocabulary = [w for w in words(bodies) if len(w) > 3]
    landmarks = list(Landmark.objects.order_by("source_id").values_list("name", flat=True)[:1500])
    for service in ServiceType.objects.filter(active=True).order_by("code"):
        keywords = service.keywords or [service.name.lower()]
        for n in range(_TEXTS_PER_SERVICE):
            phrase = choice.choice(_PHRASES).format(
                k=choice.choice(keywords), n=choice.randint(2, 90), w=choice.choice(landmarks)
            )
            text = f"{phrase} {' '.join(choice.sample(vocabulary, 14)).capitalize()}."
            yield n, service.pk, text, _terms(text)


def _names(choice: random.Random) -> Iterable[tuple[int, str, str]]:
    for n in range(_PICKS):
        two = f"{choice.choice(_LAST)} {choice.choice(_LAST)}".replace("_", " ")
        name = f"{choice.choice(_FIRST)} {two}"
        yield n, name, fold(name)


def _terms(text: str) -> list[str]:
    return sorted({t[:60] for t in [*stems(text), *words(text)]})


def _take_off(cursor: Any, tables: Sequence[str]) -> list[str]:
    """Drop foreign keys and indexes, and return what brings them back."""
    back: list[str] = []
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [list(tables)],
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))",
        [list(tables)],
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        back.append(definition)
    for table, name, definition in keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        back.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    return back


def _statements(cases: int) -> list[tuple[str, str]]:
    people = max(cases * 6 // 10, 1)
    return [
        ("people", _PEOPLE.format(people=people)),
        ("ways to reach them", _POINTS.format(people=people)),
        ("cases", _cases_sql(cases, people)),
        *clocks.statements(settings.TIME_ZONE),
        ("timeline", _TIMELINE),
        ("messages", _MESSAGES),
    ]


_PEOPLE = """
    INSERT INTO people_person (id, kind, name, name_key, document_hmac, language, created_at)
    SELECT i, 'citizen', p.name, p.key, '', 'es', now() - interval '1000 days'
    FROM generate_series(1, {people}) AS i
    JOIN pick_name p ON p.n = hashint8extended(i, 1) & 4095
"""
_POINTS = """
    INSERT INTO people_contactpoint (person_id, kind, value, created_at)
    SELECT i, 'phone', '+5076' || lpad(i::text, 7, '0'), now() - interval '1000 days'
    FROM generate_series(1, {people}) AS i
    UNION ALL
    SELECT i, 'email', 'persona' || i || '@correo.example', now() - interval '1000 days'
    FROM generate_series(1, {people}, 2) AS i
"""
# `h` are unlike bits of the case's number; `life` is its age as a share of three years.
_CASES = """
    WITH drawn AS (
        SELECT i, hashint8extended(i, 7) & 4095 AS h1, hashint8extended(i, 8) & 4095 AS h2,
            hashint8extended(i, 9) & 4095 AS h3, hashint8extended(i, 10) & 4095 AS h4,
            now() - interval '1095 days' * (1 - i::float8 / {cases}) - interval '30 minutes' AS at,
            i > {cases} * 0.9 AS young
        FROM generate_series(1, {cases}) AS i
    ), placed AS (
        SELECT d.*, s.id AS service_id, s.kind, s.priority, s.confidentiality,
            s.agency_id, ps.terms AS service_terms, pp.place_id, pp.province_id, pp.lat, pp.lon,
            pp.terms AS place_terms, pt.description, pt.terms AS text_terms,
            coalesce(regional.id, national.id) AS unit_id,
            CASE WHEN (young AND h3 < 3072) OR h3 < 20 THEN
                CASE WHEN s.agency_id IS NULL OR coalesce(regional.id, national.id) IS NULL
                          THEN 'received'
                     WHEN h4 < 1434 THEN 'assigned' WHEN h4 < 2868 THEN 'in_progress'
                     WHEN h4 < 3278 THEN 'waiting' ELSE 'resolved' END
            ELSE 'closed' END AS status
        FROM drawn d
        JOIN pick_service ps ON ps.n = d.h1
        JOIN catalog_servicetype s ON s.id = ps.service_id
        JOIN pick_place pp ON pp.n = d.h2
        JOIN pick_text pt ON pt.service_id = s.id AND pt.n = (d.h3 & 63)
        LEFT JOIN agencies_unit regional ON regional.agency_id = s.agency_id
            AND regional.province_id = pp.province_id AND regional.active
        LEFT JOIN LATERAL (SELECT id FROM agencies_unit u WHERE u.agency_id = s.agency_id
            AND u.province_id IS NULL AND u.active ORDER BY code LIMIT 1) AS national ON true
    ), told AS (
        SELECT p.*,
            CASE status WHEN 'received' THEN 'triage' WHEN 'assigned' THEN 'routed'
                WHEN 'in_progress' THEN 'working' WHEN 'waiting' THEN 'visit'
                WHEN 'resolved' THEN 'solved'
                ELSE CASE WHEN h4 < 2400 THEN 'satisfied' WHEN h4 < 3900 THEN 'no_answer'
                     ELSE 'withdrawn' END END AS reason,
            least(now() - at, interval '40 days') * (0.1 + 0.6 * h2 / 4096.0) AS took,
            o.users[1 + (h4 & 7) % cardinality(o.users)] AS official_id, e_solution.due
        FROM placed p {due} LEFT JOIN pick_official o ON o.unit_id = p.unit_id
    )
    INSERT INTO cases_case (id, service_id, kind, status, reason, confidentiality, priority,
        agency_id, unit_id, official_id, place_id, province_id, lat, lon, reference, description,
        answers, channel, person_id, anonymous, language, spoken_at, opened_at, due_at,
        waiting_until, resolved_at, answer_by, closed_at, solution, satisfied, cycle, search{more})
    SELECT i, service_id, kind, status, reason, confidentiality, priority,
        CASE WHEN status <> 'received' THEN agency_id END,
        CASE WHEN status <> 'received' AND confidentiality <> 'sealed' THEN unit_id END,
        CASE WHEN status IN ('in_progress', 'waiting', 'resolved', 'closed')
            AND confidentiality <> 'sealed' THEN official_id END,
        place_id, province_id, lat, lon, 'Casa ' || h4 || ', calle ' || (h2 & 255), description,
        '{{}}', (ARRAY['phone','phone','phone','phone','web','web','web','desk'])[1 + (h1 & 7)],
        CASE WHEN h1 % 10 > 0 THEN 1 + (hashint8extended(i, 11) & 1073741823) % {people} END,
        h1 % 10 = 0, 'es', at, at, due,
        CASE WHEN status = 'waiting' THEN now() + interval '9 days' END,
        CASE WHEN status = 'resolved' OR reason IN ('satisfied', 'no_answer') THEN at + took END,
        CASE WHEN status = 'resolved' THEN now() + interval '5 days' END,
        CASE WHEN status = 'closed' THEN at + took * 1.2 END,
        CASE WHEN status = 'resolved' OR reason IN ('satisfied', 'no_answer')
            THEN 'Una cuadrilla visitó el lugar, hizo la reparación y comprobó el resultado.'
            ELSE '' END,
        CASE WHEN reason = 'satisfied' THEN true END, 1,
        array_to_tsvector(service_terms || place_terms || text_terms
            || ARRAY['casa', 'cas', h4::text, 'calle', 'call', (h2 & 255)::text]
            || CASE WHEN i % {step} = {step} / 2 THEN {rare} ELSE '{{}}' END){values}
    FROM told
"""


def _cases_sql(cases: int, people: int) -> str:
    step = max(cases // RARE_CASES, 2)
    more = _other_columns()
    return _CASES.format(
        cases=cases,
        people=people,
        step=step,
        due=clocks.due_of("p", "at", settings.TIME_ZONE),
        rare="ARRAY[" + ", ".join(f"'{term}'" for term in _terms(RARE)) + "]::text[]",
        more="".join(f", {name}" for name in more),
        values="".join(f", {value}" for value in more.values()),
    )


def _other_columns() -> dict[str, str]:
    """Columns that must be filled and that this file does not know yet: their defaults."""
    others = {}
    for field in Case._meta.concrete_fields:
        if field.null or field.column in _CASES or field.generated:
            continue
        value = field.get_db_prep_save(field.get_default(), connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT quote_nullable(%s::text)", [value])
            others[field.column] = cursor.fetchone()[0]
    return others


_TIMELINE = """
    INSERT INTO cases_timelineentry
        (case_id, kind, at, actor_kind, actor_id, actor_label, cycle, data)
    SELECT id, 'opened', opened_at, 'citizen', NULL::bigint, '', 1,
        jsonb_build_object('channel', channel, 'service', service_id, 'agency', '', 'unit', '')
    FROM cases_case
    UNION ALL
    SELECT id, 'resolved', resolved_at, 'agency', official_id, 'Funcionario responsable', 1,
        jsonb_build_object('text', solution)
    FROM cases_case WHERE resolved_at IS NOT NULL
    UNION ALL
    SELECT id, CASE reason WHEN 'satisfied' THEN 'confirmed' ELSE 'closed' END, closed_at,
        CASE reason WHEN 'satisfied' THEN 'citizen' ELSE 'system' END, NULL, '', 1,
        jsonb_build_object('reason', reason, 'text', '')
    FROM cases_case WHERE closed_at IS NOT NULL
"""
# Of the newest only: messages are purged, and no list or search reads them.
_MESSAGES = """
    INSERT INTO channels_outboundmessage (kind, address, name, subject, body, html, reference,
        status, error, external_id, created_at, sent_at, in_reply_to, public)
    SELECT 'email', p.value, 'case_opened', 'Recibimos su caso',
        repeat('Recibimos su caso y ya lo atiende la entidad. ', 8), '', '311-' || c.id, 'sent', '',
        'mailbox', c.opened_at, c.opened_at, '', false
    FROM cases_case c JOIN people_contactpoint p ON p.person_id = c.person_id AND p.kind = 'email'
    WHERE c.id > (SELECT max(id) - 100000 FROM cases_case)
"""
