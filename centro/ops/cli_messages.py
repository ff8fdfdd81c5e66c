"""`centro messages`: the texts of the interface and their translations."""

from __future__ import annotations

import click

from centro.ops import environment


@click.group()
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
