"""An engine that has seen no other test's files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from centro.insights import engine


@pytest.fixture(autouse=True)
def _fresh_views() -> Iterator[None]:
    yield
    engine.forget_views()
