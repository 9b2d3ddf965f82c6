"""What the programs say about themselves: one line per event, words for a terminal, JSON for everything else."""

from __future__ import annotations

import logging
import os
import sys

import structlog

DEFAULT = "WARNING"


def configure() -> None:
    """Set up structlog from SUDAPOS_LOG_LEVEL. Called once, where a program starts."""
    level = logging.getLevelNamesMapping().get(
        os.environ.get("SUDAPOS_LOG_LEVEL", DEFAULT).upper(), logging.WARNING
    )
    last = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
