"""`python -m centro.ops` is the `centro` command."""

from centro.ops.cli import main

main()
