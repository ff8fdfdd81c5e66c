"""How many cases a second can citizens open, and what does one cost?

Closed loop: clients that each send the last step of the public form (the POST that opens the
case) and wait for the answer, against granian as `centro up` starts it, behind the headers that
nginx would set. Every citizen has an address, a session and a complete draft of their own, and
leaves name, telephone and e-mail, so that a person, a case, its timeline, a message and its job
are written. The floor is the same rows written by bare psycopg over as many connections.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid4

import click
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks._base import doing, emit, p50_ms, p95_ms, say
from benchmarks._cpu import cpu_seconds, postmaster_of
from benchmarks._databases import connect, copied, filled_database, switch_to
from benchmarks._drafts import make_drafts
from benchmarks._serving import all_answered, ask_all, final_post, free_port, serving
from benchmarks._visits import data_statements
from centro.cases.models import Case
from centro.channels.models import OutboundMessage
from centro.ops.environment import var


@click.command()
@click.option("--stored", default=100_000, show_default=True, help="Cases stored before.")
@click.option("--cases", default=2_000, show_default=True, help="Cases opened and timed.")
@click.option("--clients", default=8, show_default=True, help="Clients that ask at once.")
@click.option("--processes", default=2, show_default=True, help="Server processes.")
def main(stored: int, cases: int, clients: int, processes: int) -> None:
    """Print cases per second, latency, statements, and processor time of each part per case."""
    with copied(filled_database(stored)) as database:
        switch_to(database)
        warm_up = max(cases // 10, 2 * clients)
        with doing("drafts"):
            tokens = make_drafts(cases + warm_up + 2)
        counted = tokens.pop()
        statements = _in_process(tokens.pop(), counted)
        sample = _sample(counted)
        connection.close()
        result = _through_the_form(database, tokens, warm_up, clients, processes)
        _check(database, stored, len(tokens) + 2)
        with doing("the floor"):
            floor = _floor(database, sample, cases, clients, processes)
    emit({**result, "statements": statements, "floor_per_s": floor})


def _through_the_form(
    database: str, tokens: list[UUID], warm_up: int, clients: int, processes: int
) -> dict[str, Any]:
    port = free_port()
    requests = [final_post(token, port, n) for n, token in enumerate(tokens)]
    # None with a server on another machine: its processor cannot be seen from here.
    postmaster = postmaster_of(var() / "postgres")
    with serving(database, processes=processes, port=port) as web:
        with doing(f"warming up with {warm_up} cases"):
            all_answered(ask_all(port, requests[:warm_up], clients)[0], 302)
        used = cpu_seconds(web), cpu_seconds(postmaster or 0), time.process_time()
        with doing(f"opening {len(requests) - warm_up} cases"):
            answers, took = ask_all(port, requests[warm_up:], clients)
        spent = cpu_seconds(web), cpu_seconds(postmaster or 0), time.process_time()
    all_answered(answers, 302)
    n = len(answers.seconds)
    per_case = [
        round((after - before) / n * 1000, 2) for before, after in zip(used, spent, strict=True)
    ]
    return {
        "per_s": round(n / took, 1),
        "p50_ms": p50_ms(answers.seconds),
        "p95_ms": p95_ms(answers.seconds),
        "web_cpu_ms": per_case[0],
        "db_cpu_ms": per_case[1] if postmaster else None,
        "client_cpu_ms": per_case[2],
    }


def _check(database: str, stored: int, sent: int) -> None:
    """Every draft that was answered has become one case."""
    with connect(database) as bare:
        found = bare.execute(
            "SELECT (SELECT count(*) FROM cases_case WHERE id > %s AND anonymous = false),"
            " (SELECT count(*) FROM contacts_draft)",
            [stored],
        ).fetchone()
    if found != (sent, 0):
        raise SystemExit(f"{sent} drafts were sent; (cases, drafts left) = {found}.")


def _in_process(warm: UUID, counted: UUID) -> int:
    """Data statements of one such request, asked of the same view in this process, once warm."""
    _post(warm)  # fills the caches that a server fills at its first request
    with CaptureQueriesContext(connection) as captured:
        _post(counted)
    sent = data_statements(captured)
    for one in sent:
        say(f"  {' '.join(one.split())[:110]}")
    return len(sent)


def _post(token: UUID) -> None:
    client = Client(SERVER_NAME="localhost")
    client.cookies["sessionid"] = token.hex
    answer = client.post(f"/reportar/{token}/revisar/", {"website": ""}, REMOTE_ADDR="10.255.0.1")
    assert answer.status_code == 302


# ---- The floor ----


@dataclass(frozen=True, slots=True)
class Insert:
    """A statement that writes rows like those of a case, and its values as texts."""

    sql: str
    values: tuple[str | None, ...]
    # Where a fresh value goes: the position among `values`, and whose it is.
    fresh: tuple[tuple[int, str], ...]


def _sample(token: UUID) -> list[Insert]:
    """The rows that opening a case wrote, in the order in which they need one another."""
    case = Case.objects.get(intake_token=token)
    message = OutboundMessage.objects.filter(reference=case.number)
    like = f'%"message_id": {message.get().pk}}}%'
    return [
        _insert("accounts_bucket", "true ORDER BY ends_at DESC LIMIT 1", key="key"),
        _insert("people_person", f"id = {case.person_id}"),
        _insert("people_contactpoint", f"person_id = {case.person_id}", person_id="person"),
        _insert("cases_case", f"id = {case.pk}", person_id="person", intake_token="uuid"),
        _insert("channels_outboundmessage", f"reference = '{case.number}'"),
        _insert("procrastinate_jobs", f"args::text LIKE '{like}'"),
        _insert("cases_timelineentry", f"case_id = {case.pk}", case_id="case"),
    ]


def _insert(table: str, which: str, **fresh: str) -> Insert:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid ="
            " %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            " AND attname <> 'id' ORDER BY attnum",
            [table],
        )
        columns = cursor.fetchall()
        listed = ", ".join(f"{name}::text" for name, _type in columns)
        cursor.execute(f"SELECT {listed} FROM {table} WHERE {which}")
        rows = cursor.fetchall()
    assert rows, f"no row of {table} was written"
    one = "(" + ", ".join(f"%s::{kind}" for _name, kind in columns) + ")"
    names = [name for name, _kind in columns]
    places = [
        (row * len(names) + names.index(name), whose)
        for row in range(len(rows))
        for name, whose in fresh.items()
    ]
    key = " RETURNING id" if table in {"people_person", "cases_case"} else ""
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([one] * len(rows))}{key}"
    )
    return Insert(statement, tuple(value for row in rows for value in row), tuple(places))


def _floor(database: str, sample: list[Insert], cases: int, clients: int, processes: int) -> float:
    """Cases per second when nothing but those INSERTs and a COMMIT is sent for each."""
    each = clients // processes
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        share = [cases // processes + (n < cases % processes) for n in range(processes)]
        list(pool.map(_write_many, [database] * processes, [sample] * processes, [each] * processes, [each] * processes))  # fmt: skip
        started = time.perf_counter()
        list(pool.map(_write_many, [database] * processes, [sample] * processes, share, [each] * processes))  # fmt: skip
        took = time.perf_counter() - started
    return round(cases / took, 1)


def _write_many(database: str, sample: list[Insert], cases: int, connections: int) -> None:
    threads = [
        threading.Thread(
            target=_write, args=[database, sample, cases // connections + (n < cases % connections)]
        )
        for n in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _write(database: str, sample: list[Insert], cases: int) -> None:
    with connect(database) as bare:
        for _ in range(cases):
            known: dict[str, Any] = {"uuid": uuid4(), "key": uuid4().hex * 2}
            for insert in sample:
                values: list[Any] = list(insert.values)
                for place, whose in insert.fresh:
                    values[place] = known[whose]
                done = bare.execute(insert.sql, values)
                if done.description:
                    name = "person" if "people_person" in insert.sql else "case"
                    (known[name],) = done.fetchone() or (None,)
            bare.commit()


if __name__ == "__main__":
    main()
