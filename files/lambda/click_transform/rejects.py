"""Rejected records as JSON lines."""

from s3_inputs import texts


def line(record: str, arrived_at: str, code: str, message: str, data: bytes) -> str:
    """A rejected record, with its line end. What is not UTF-8 goes along in base64."""
    place = f'"record": {texts.quoted(record)}, "arrived_at": "{arrived_at}"'
    return f'{{{place}, "reason": "{code}", "message": {texts.quoted(message)}, {texts.members(data)}}}\n'
