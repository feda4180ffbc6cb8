"""A client's request as the gateway sees it, and its answers. Pure."""

import secrets
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from localcloud.gateway.serving import documents
from localcloud.gateway.serving.template_variables import HeaderMap


@dataclass
class Request:
    """`path`: as sent, behind the stage, with its escapes. `headers`: (name, value) pairs. `at`: epoch seconds."""

    api_id: str
    stage: str
    method: str
    path: str
    query_string: str = ""
    headers: list = field(default_factory=list)
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"
    domain: str = ""
    signed: tuple | None = None
    at: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: secrets.token_urlsafe(11)[:14] + "=")

    @cached_property
    def decoded_path(self):
        return unquote(self.path)

    @cached_property
    def header(self):
        """{name: value}; of several of a name the last, as API Gateway has it."""
        return HeaderMap(self.headers)

    @cached_property
    def multi_header(self):
        found = {}
        for name, value in self.headers:
            found.setdefault(name, []).append(value)
        return found

    @cached_property
    def multi_query(self):
        found = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @cached_property
    def query(self):
        return {name: values[-1] for name, values in self.multi_query.items()}

    @cached_property
    def content_type(self):
        """Without its parameters, in small letters; empty if none was sent."""
        return media_type(self.header.get("content-type", ""))

    @cached_property
    def text(self):
        return documents.text_of(self.body)


@dataclass
class Response:
    """`headers`: (name, value) pairs, without those that every answer has."""

    status: int
    headers: list = field(default_factory=list)
    body: bytes = b""


def media_type(header):
    """`application/json` of `Application/JSON; charset=utf-8`."""
    return header.partition(";")[0].strip().lower()
