"""Why a record is no click."""

_SHOWN = 80  # characters of a value in a message


class Problem(Exception):
    """Why a record is rejected: a short code and a message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def shown(value: object) -> str:
    """A value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
