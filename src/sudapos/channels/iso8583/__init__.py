"""The card terminal as a channel (iso8583 sheet). What it must not forget is kept by whoever opens it (`memory`)."""

from .codes import ERRORS
from .config import EVIDENCE, FIELDS, Config
from .terminal import Terminal

CHANNEL = Terminal

__all__ = ["CHANNEL", "ERRORS", "EVIDENCE", "FIELDS", "Config", "Terminal"]
