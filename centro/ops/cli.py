"""The `centro` command: everything that an administrator or a developer does, in one place.

Each command imports what it needs when it runs, so that `--help` is quick, and Django starts only
after the environment is complete.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import click

from centro.kernel.tied import tie
from centro.ops import environment
from centro.ops.embedded import EmbeddedError
from centro.ops.language_commands import suggest, train, understanding

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class InOrder(click.Group):
    """Commands in the order in which a newcomer meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings=HELP)
def centro() -> None:
    """Centro 311, the software of a national citizen-service centre.

    Each command starts the embedded database for itself when nobody has; it ends with its last
    user. Set DATABASE_URL to use a PostgreSQL server of your own. docs/reference/settings.md
    lists every setting.
    """


@centro.command()
@click.option("--port", type=int, envvar="PORT", default=8311, show_default=True)
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option("--pack", envvar="PACK", default="panama", show_default=True, help="The country.")
@click.option("--with-parent", is_flag=True, help="End when the program that started this does.")
def up(port: int, host: str, pack: str, with_parent: bool) -> None:
    """Start the whole centre: database, web, worker. Ctrl-C ends it.

    Applies migrations, loads the country if its files changed and, in a demonstration (no
    DATABASE_URL, or DEMONSTRATION=1), makes one person per role.
    """
    from centro.ops import supervisor

    if with_parent:
        tie(os.getppid(), signal.SIGTERM)
    started = click.style("Centro 311", bold=True)
    click.echo(f"{started} is starting.")
    supervisor.check_port(host, port)
    pool = os.environ.get("DATABASE_POOL", str(supervisor.THREADS))
    os.environ.setdefault("SITE_URL", supervisor.address(host, port))
    _prepare_with_progress()
    from centro.ops.preparing import prepare_everything

    prepare_everything(pack)
    os.environ |= {"DATABASE_POOL": pool, "LOG_FORMAT": "json"}
    children = [supervisor.web(host, port), supervisor.worker(), supervisor.listener()]
    supervisor.Supervisor(children).run(host, port, lambda: _say_where(host, port))
    click.echo("\nStopped.")


def _prepare_with_progress() -> None:
    from centro.ops.preparing import step

    with step("Database") as say:
        environment.prepare()
        say("embedded" if environment.held_database() else "from DATABASE_URL")


def _say_where(host: str, port: int) -> None:
    from django.conf import settings

    from centro.ops.supervisor import address

    click.echo(f"\n{click.style('Open', bold=True)}  {address(host, port)}")
    if settings.DEMONSTRATION:
        _say_who()
    click.echo(f"\nLogs: {environment.var() / 'log'}    Ctrl-C ends everything.")


def _say_who() -> None:
    from centro.ops.demo import PASSWORD, demo_people

    people = demo_people()
    if people:
        click.echo(
            f"\nThe desk: /mesa/    password of everybody: {click.style(PASSWORD, bold=True)}"
        )
        for person in people:
            click.echo(f"  {person.username:<17} {person.post}")


@centro.command()
def doctor() -> None:
    """Check the installation and every promise of the domain, over the whole database."""
    environment.prepare()
    from centro.ops.checkup import examine

    sick = False
    for finding in examine():
        mark = click.style("✓", fg="green") if finding.well else click.style("✗", fg="red")
        click.echo(f"{mark} {finding.what}: {finding.found}")
        sick = sick or not finding.well
    if sick:
        sys.exit(1)
    click.echo("Everything is as it should be.")


@centro.command("load-pack")
@click.argument("name")
@click.option("--force", is_flag=True, help="Write the rows again even when no file changed.")
def load_pack(name: str, force: bool) -> None:
    """Load a country: a folder of packs/ by its name, or any other by its path.

    Checks every file first; on a fault it names file and line and changes nothing.
    """
    environment.prepare()
    from centro.ops import pack
    from centro.ops.preparing import migrate, pack_folder

    folder = pack_folder(name)
    migrate()
    try:
        summary = pack.load_pack(
            folder, report=lambda doing: click.echo(f"  {doing} …"), force=force
        )
    except pack.PackError as error:
        for fault in error.faults:
            click.echo(f"{fault}", err=True)
        raise click.ClickException(f"{len(error.faults)} faults; nothing was changed.") from error
    for note in summary.notes:
        click.echo(f"  note: {note}")
    for change in summary.changes:
        click.echo(
            f"  {change.table}: {change.added} added, {change.changed} changed, "
            f"{change.retired} retired, {change.unchanged} unchanged"
        )
    click.echo(f"{summary.name}: unchanged" if summary.skipped else f"{summary.name}: loaded")


@centro.command(context_settings={"ignore_unknown_options": True})
@click.argument("lat", type=float)
@click.argument("lon", type=float)
def locate(lat: float, lon: float) -> None:
    """The corregimiento of a point, as JSON: centro locate 8.9522 -79.535"""
    environment.prepare()
    from centro.places import queries

    found = queries.locate(lat, lon)
    answer = None
    if found is not None:
        answer = {
            "code": found.code,
            "name": found.name,
            "district": found.district,
            "province": found.province,
        }
    click.echo(json.dumps(answer, ensure_ascii=False))


for _command in (suggest, train, understanding):
    centro.add_command(_command)


@centro.command()
@click.argument("service")
@click.argument("place", default="")
@click.option("--language", default="es", show_default=True, help="Of the explanation.")
def route(service: str, place: str, language: str) -> None:
    """Where a case would go now and why, as JSON: centro route MOP-01 080806

    SERVICE is the code of a service type; PLACE the code of a corregimiento, a district or a
    province, or a name that only one of them has. Nothing is changed: nobody is given a case.
    """
    environment.prepare()
    from centro.kernel.errors import Refused
    from centro.ops.asking import route_of

    try:
        answer = route_of(service, place, language)
    except Refused as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(json.dumps(answer, ensure_ascii=False))


@centro.command()
@click.argument("case")
def explain(case: str) -> None:
    """The dates of a case and their reasons, as JSON: centro explain 311-00000161-7"""
    environment.prepare()
    from centro.ops.explain import explain_case

    click.echo(explain_case(case))


@centro.command()
@click.argument("name", required=False)
@click.option("--from", "first", metavar="MONTH", help="The first month: 2010-09.")
@click.option("--to", "last", metavar="MONTH", help="The last month: 2011-05.")
@click.option("--as-of", metavar="DAY", help="As it stood at the end of that day: 2011-05-31.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "table"]),
    default="table",
    show_default=True,
)
@click.option("--agency", default="", help="Of one entity, by its acronym.")
@click.option("--service", default="", help="Of one service type, by its code.")
@click.option("--place", default="", help="Of one place, by its official code.")
@click.option("--channel", default="", help="Of one channel.")
@click.option("--kind", default="", help="Of one kind of case.")
def metric(
    name: str | None, first: str | None, last: str | None, as_of: str | None, form: str, **only: str
) -> None:
    """A figure by its name, for the last twelve months or others; without a name, all of them.

    centro metric operational-effectiveness --from 2010-09 --to 2011-05 --as-of 2011-05-31
    """
    environment.prepare()
    from centro.ops import figures

    if name is None:
        click.echo(figures.list_metrics())
        return
    click.echo(figures.metric_text(name, first, last, as_of, form, figures.filters_of(**only)))


@centro.command()
@click.argument("what", type=click.Choice(["refresh", "rebuild", "check"]), default="refresh")
def facts(what: str) -> None:
    """The files that figures are counted from: refresh, rebuild from nothing, or check."""
    environment.prepare()
    from centro.ops import figures

    click.echo(figures.check() if what == "check" else figures.refresh(rebuild=what == "rebuild"))


@centro.command()
@click.option("--pack", envvar="PACK", default="panama", show_default=True, help="The country.")
@click.option("--seed", type=int, help="Other cases than usual: any number.")
def demo(pack: str, seed: int | None) -> None:
    """Make people for trying things out, one per role, and cases they can work on.

    The cases are made where there are none yet: the nine published months and a living present.
    """
    environment.prepare()
    from django.conf import settings

    if not settings.DEMONSTRATION:
        raise click.ClickException(
            "Everybody knows the password of these people, so they are made only in a "
            "demonstration. Set DEMONSTRATION=1 if this is one."
        )
    from centro.ops.preparing import demonstrate

    demonstrate(pack, seed)
    _say_who()


@centro.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Remove everything this installation wrote: embedded database, photos, secrets, logs."""
    from centro.ops.resetting import reset_everything

    target = environment.var()
    if "DATABASE_URL" in os.environ:
        click.echo("DATABASE_URL is set: that database is left alone; only files are removed.")
    if not yes:
        click.confirm(f"Remove {target} with all cases in it?", abort=True)
    reset_everything(target)
    click.echo(f"Removed {target}.")


@centro.command(context_settings=PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell(arguments: tuple[str, ...]) -> None:
    """A Python prompt with the models at hand."""
    _run_django("shell", *arguments)


@centro.command(context_settings=PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django(arguments: tuple[str, ...]) -> None:
    """Any command of Django: centro django makemigrations cases."""
    _run_django(*arguments)


def _run_django(*arguments: str) -> None:
    environment.prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["centro django", *arguments])


@centro.group(cls=InOrder)
def messages() -> None:
    """The texts of the interface and their translations."""


@messages.command("extract")
def messages_extract() -> None:
    """Add new texts to the catalogues and drop those that are gone."""
    from centro.ops.messages import check_messages, extract_messages

    for file in extract_messages():
        click.echo(f"updated {file.relative_to(environment.ROOT)}")
    click.echo(f"{len(check_messages())} texts want a translator.")


@messages.command("check")
def messages_check() -> None:
    """Fail when a text is not in the catalogues, not translated, fuzzy or stale."""
    from centro.ops.messages import check_messages

    faults = check_messages()
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} faults in the message catalogues.")


@messages.command("compile")
def messages_compile() -> None:
    """Write the catalogues that Django reads."""
    from centro.ops.messages import compile_messages

    for file in compile_messages():
        click.echo(f"compiled {file.relative_to(environment.ROOT)}")


@centro.command()
def docs() -> None:
    """List the documentation: every page with its title."""
    for file in sorted([*environment.ROOT.glob("*.md"), *environment.ROOT.glob("docs/**/*.md")]):
        title = file.read_text().split("\n", 1)[0].lstrip("# ")
        click.echo(f"{file.relative_to(environment.ROOT)!s:<42} {title}")


@centro.command(context_settings=PASS_ON, add_help_option=False)
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, arguments: tuple[str, ...]) -> None:
    """Run one benchmark, or list them. Each prints one line of JSON.

    What follows the name goes to the benchmark: centro bench intake --help. Benchmarks have a
    database of their own under VAR/bench, made at the first run and kept.
    """
    folder = environment.ROOT / "benchmarks"
    known = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    if name is None:
        click.echo("\n".join(known) or "There is no benchmark yet.")
        return
    if name not in known:
        raise click.ClickException(f"No benchmark is called {name}. There are: {', '.join(known)}")
    os.environ["CENTRO_VAR"] = str(environment.var() / "bench")
    environment.prepare()
    import runpy

    sys.argv = [f"centro bench {name}", *arguments]
    runpy.run_path(str(folder / f"{name}.py"), run_name="__main__")


def main() -> None:
    from django.db import OperationalError

    from centro.ops.supervisor import SiteError

    try:
        centro(prog_name="centro")
    except (EmbeddedError, SiteError) as error:
        click.secho(f"centro: {error}", fg="red", err=True)
    except OperationalError as error:
        click.secho(f"centro: the database does not answer. {error}", fg="red", err=True)
    else:
        return
    sys.exit(1)
