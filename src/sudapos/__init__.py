"""速达退款: the refund desk of a shop."""

__version__ = "0.1.0"
