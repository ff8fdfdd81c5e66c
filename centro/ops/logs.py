"""One line of JSON for each event in the logs of services; plain words on a terminal."""

from __future__ import annotations

import logging
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# Which attributes of a record other packages set that are worth a field of their own.
_EXTRA = ("job", "status_code", "action")


def configure_structlog() -> None:
    """Send structlog's events through the standard logging, so that all share one format."""
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def json_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            _with_extra,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Never the local variables of a frame: they hold names, telephones and codes.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ],
        foreign_pre_chain=_SHARED,
    )


def human_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        foreign_pre_chain=_SHARED,
    )


def logging_config(kind: str, level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`. `kind` is json or human."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"centro.ops.logs.{kind}_formatter"}},
        "handlers": {"line": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["line"], "level": level},
        "loggers": {
            # A page that is not there is the visitor's affair; a failing one is ours.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": ["line"], "level": "WARNING", "propagate": False},
            "procrastinate": {"level": "WARNING"},
            "_granian": {"level": "INFO"},
            "granian.access": {"level": "INFO"},
        },
    }


def _with_extra(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    for name in _EXTRA:
        if hasattr(record, name):
            event[name] = getattr(record, name)
    return event
