"""Fetches the vendored browser libraries again and lists what they are.

    python tools/refresh_vendor.py

Uses `npm pack`, so it follows whatever registry npm is set up with. Raise a version in PACKAGES,
run it, look at the pages, commit. Nothing of Node is needed to run the product.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "centro" / "web" / "static" / "vendor"


@dataclass(frozen=True)
class Package:
    """One library: its name and version in the registry, and which of its files are kept."""

    name: str
    version: str
    licence: str
    use: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "htmx.org",
        "2.0.11",
        "0BSD",
        "parts of a page that refresh by themselves (desk)",
        {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"},
    ),
    Package(
        "leaflet",
        "1.9.4",
        "BSD-2-Clause",
        "the map on which a place is pointed at",
        {
            "dist/leaflet.js": "leaflet/leaflet.js",
            "dist/leaflet.css": "leaflet/leaflet.css",
            "dist/images/layers.png": "leaflet/images/layers.png",
            "dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
            "dist/images/marker-icon.png": "leaflet/images/marker-icon.png",
            "LICENSE": "leaflet/LICENSE",
        },
    ),
    Package(
        "@fontsource-variable/atkinson-hyperlegible-next",
        "5.3.0",
        "OFL-1.1",
        "the typeface, drawn for readers with low vision (Braille Institute)",
        {
            "files/atkinson-hyperlegible-next-latin-wght-normal.woff2": "atkinson/atkinson.woff2",
            "LICENSE": "atkinson/LICENSE",
        },
    ),
)
# The source map is not shipped, so the pointer to it must go too.
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")


def unpack(package: Package, folder: Path) -> list[tuple[str, str]]:
    """Write the kept files of one package; return (file, sha256) of each."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    rows = []
    with tarfile.open(folder / packed) as archive:
        for inside, kept in package.files.items():
            member = archive.extractfile(f"package/{inside}")
            if member is None:
                raise SystemExit(f"{package.name}@{package.version} has no {inside}")
            content = (
                SOURCE_MAP.sub(b"\n", member.read()) if kept.endswith(".js") else member.read()
            )
            target = VENDOR / kept
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            rows.append((kept, hashlib.sha256(content).hexdigest()))
    return rows


def main() -> None:
    lines = [
        "# Vendored browser libraries",
        "",
        "Written by `tools/refresh_vendor.py`; do not edit. Licences lie beside the files.",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            lines += ["", f"## {package.name} {package.version}", ""]
            lines += [f"{package.licence}. {package.use[0].upper()}{package.use[1:]}.", ""]
            lines += ["| file | sha256 |", "|---|---|"]
            lines += [f"| {name} | `{sha}` |" for name, sha in unpack(package, Path(folder))]
            sys.stderr.write(f"{package.name} {package.version}\n")
    (VENDOR / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
