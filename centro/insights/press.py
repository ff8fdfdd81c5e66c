"""Sets a report in type: JSON comes in, a PDF goes out. Run as a process of its own.

A process can be stopped when it takes too long, and gives back all that it took. It knows neither
Django nor the database: what it cannot see, no report can show. Text is data in the JSON, never
markup, so no name can say anything to the typesetter.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path
from typing import Literal

# Seconds of computing and bytes of memory; a report of a hundred tables takes a hundredth of both.
MOST_SECONDS = 20
_MOST_BYTES = 3 * 1024**3
SOURCE = Path(__file__).with_name("report.typ")


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    import typst  # noqa: PLC0415 after the limits, which hold for it too

    report = str(sys.stdin.read())
    try:
        made = _set(report, "ua-1")
    except typst.TypstError:
        # The standard wants a glyph for every letter, and no font has all that a name may be
        # written with. Without the standard it is tagged all the same.
        try:
            made = _set(report)
        except typst.TypstError as error:
            sys.stderr.write(f"{error.message}\n{error.diagnostic}\n")
            return 1
    sys.stdout.buffer.write(made)
    return 0


def _set(report: str, *standards: Literal["ua-1"]) -> bytes:
    import typst  # noqa: PLC0415 as above

    # In an empty folder: the source reads nothing but what it is given.
    with tempfile.TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            SOURCE.read_bytes(),
            root=empty,
            ignore_system_fonts=True,
            sys_inputs={"report": report},
        )
        made = compiler.compile(format="pdf", pdf_standards=list(standards))
    assert isinstance(made, bytes)
    return made


if __name__ == "__main__":
    sys.exit(main())
