"""Rejected records as JSON lines."""

import base64
import json

_quote = json.JSONEncoder().encode  # ASCII only, so that no reader sees a line end inside a text


def line(record: str, arrived_at: str, code: str, message: str, data: bytes) -> str:
    """A rejected record, with its line end. What is not UTF-8 goes along in base64."""
    try:
        text = f'"text": {_quote(data.decode())}'
    except UnicodeDecodeError:
        text = f'"text": {_quote(data.decode(errors="replace"))}, "text_base64": "{base64.b64encode(data).decode()}"'
    return f'{{"record": {_quote(record)}, "arrived_at": "{arrived_at}", "reason": "{code}", "message": {_quote(message)}, {text}}}\n'
