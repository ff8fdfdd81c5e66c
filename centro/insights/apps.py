from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "centro.insights"

    def ready(self) -> None:
        from centro.insights import metrics  # noqa: F401, PLC0415 registers them
