"""The background worker: jobs of every queue, and the periodic ones."""

from __future__ import annotations

from centro.ops import environment

CONCURRENCY = 4


def main() -> None:
    environment.prepare()
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]  # a DjangoConnector
        worker.run_worker(concurrency=CONCURRENCY, shutdown_graceful_timeout=2)


if __name__ == "__main__":
    main()
