"""How the doors write logs: lines for people on a terminal, JSON for programs, and never the values of variables.

A traceback with locals would carry premises and children's names into the log.
"""

import logging
import re
import sys

import structlog


def configure_logs(level: str) -> None:
    """`level` is debug, info, warning or error."""
    to_people = sys.stderr.isatty()
    shown = structlog.dev.ConsoleRenderer() if to_people else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_rows,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


_ROW = re.compile(r"^DETAIL: .*$", re.MULTILINE)


def _without_rows(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """PostgreSQL's errors quote the row or the key that is wrong, in a line of their own."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _ROW.sub("DETAIL: (left out)", event["exception"])
    return event
