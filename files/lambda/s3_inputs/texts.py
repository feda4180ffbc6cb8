"""Texts of rejects, as members of a JSON object."""

import base64
import json

quoted = json.JSONEncoder().encode  # ASCII only, so that no reader sees a line end inside a text


def members(data: bytes) -> str:
    """What was rejected, for people; what is not UTF-8 goes along in base64, so that nothing of it is lost."""
    try:
        return f'"text": {quoted(data.decode())}'
    except UnicodeDecodeError:
        return f'"text": {quoted(data.decode(errors="replace"))}, {in_base64(data)}'


def in_base64(data: bytes) -> str:
    return f'"text_base64": "{base64.b64encode(data).decode()}"'
