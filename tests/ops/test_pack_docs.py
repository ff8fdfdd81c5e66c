"""The documents of the pack format say what the loader wants."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from centro.catalog.models import Question, ServiceType
from centro.catalog.queries import suggest_services
from centro.ops.pack import load_pack
from tests.ops.packs import MINI, ROOT, append, copy_of_mini

FORMAT = (ROOT / "docs/reference/pack-format.md").read_text(encoding="utf-8")
NEW_TYPE = (ROOT / "docs/how-to/add-a-service-type.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sorted(path.name for path in MINI.glob("*.csv")))
def test_every_column_is_documented(table: str) -> None:
    section = FORMAT.split(f"## {table}")[1].split("\n## ")[0]
    with (MINI / table).open(encoding="utf-8") as file:
        columns = next(csv.reader(file))
    assert [column for column in columns if f"`{column}`" not in section] == []


def test_the_example_of_a_service_type_loads_and_is_found(tmp_path: Path) -> None:
    pack = copy_of_mini(tmp_path)
    service, question = re.findall(r"```csv\n\s*(.+)\n", NEW_TYPE)
    append(pack, "services.csv", service)
    append(pack, "questions.csv", question)
    load_pack(pack)
    asked = re.search(r'centro suggest "(.+?)"', NEW_TYPE)
    assert asked is not None
    assert suggest_services(asked[1])[0].service == ServiceType.objects.get(code="MOP-15")
    assert Question.objects.filter(service_type__code="MOP-15").count() == 1
