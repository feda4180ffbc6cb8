"""What mapping templates see: `$input` and `$util` (`$context` and `$stageVariables` are plain maps)."""

import base64
import binascii
import re
from urllib.parse import quote_plus, unquote_plus

from localcloud.gateway.serving import documents, java, paths
from localcloud.gateway.serving.velocity import TemplateFailed

_ESCAPES = {"'": "\\'", '"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\n": "\\n", "\t": "\\t", "\f": "\\f", "\r": "\\r"}
_TO_ESCAPE = re.compile(r"""['"\\/]|[^ -~]""")


class Input:
    """`$input`. `text`: the body. `path`, `query`, `header`: {name: text}; headers' names whatever their case."""

    TEMPLATE_MEMBERS = frozenset({"body", "json", "path", "params"})

    def __init__(self, text, path=None, query=None, header=None):
        self.body, self._document = text, paths.MISSING
        self._params = {"path": path or {}, "querystring": query or {}, "header": header or {}}

    def document(self):
        if self._document is paths.MISSING:
            self._document = documents.read(self.body) if self.body.strip() else {}
        return self._document

    def json(self, path="$"):
        """The JSON text of what a path leads to; `""` of nothing."""
        found = paths.find(self.document(), path)
        return '""' if found is paths.MISSING else documents.write(found)

    def path(self, path="$"):
        """What a path leads to; an empty text of nothing."""
        found = paths.find(self.document(), path)
        return "" if found is paths.MISSING else found

    def params(self, name=None):
        """All parameters, or the one of a name: of the path, else of the query, else of the headers."""
        if name is None:
            return self._params
        if name in self._params and not any(name in each for each in self._params.values()):
            return self._params[name]
        return next((found for each in self._params.values() if (found := each.get(name)) is not None), "")


class HeaderMap(dict):
    """Headers by name, whatever its case."""

    def get(self, name, other=None):
        if name in self:
            return self[name]
        return next((value for key, value in self.items() if key.lower() == str(name).lower()), other)


class Util:
    """`$util`."""

    TEMPLATE_MEMBERS = frozenset({"escapeJavaScript", "urlEncode", "urlDecode", "base64Encode", "base64Decode", "parseJson"})

    @staticmethod
    def escapeJavaScript(text):
        return _TO_ESCAPE.sub(_escaped, _text(text))

    @staticmethod
    def urlEncode(text):
        return quote_plus(documents.encoded(_text(text)), safe="*-._").replace("~", "%7E")

    @staticmethod
    def urlDecode(text):
        return unquote_plus(_text(text))

    @staticmethod
    def base64Encode(text):
        return base64.b64encode(documents.encoded(_text(text))).decode()

    @staticmethod
    def base64Decode(text):
        try:
            return base64.b64decode(_text(text), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise TemplateFailed(f"$util.base64Decode: {error}") from error

    @staticmethod
    def parseJson(text):
        try:
            return documents.read(_text(text))
        except documents.NoJson as error:
            raise TemplateFailed(f"$util.parseJson: {error}") from error


UTIL = Util()


def _text(value):
    return "" if value is None else java.text(value)


def _escaped(found):
    character = found[0]
    if character in _ESCAPES:
        return _ESCAPES[character]
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2))
