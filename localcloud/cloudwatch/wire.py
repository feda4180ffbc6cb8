"""CloudWatch's three protocols, told apart by the request: Smithy RPC v2 CBOR (boto3), JSON 1.0, and the query protocol with XML.

In all of them an action's input and output is a dict by the members' names; moments in an output are aware datetimes.
"""

import gzip
import json
import re
import uuid
import zlib
from datetime import datetime
from functools import cache
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session

_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)$")
_NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/"


class Unreadable(Exception):
    """The body is not what its protocol says."""


@cache
def model():
    return botocore.session.get_session().get_service_model("cloudwatch")


def protocol(path, headers):
    """`cbor`, `json` or `query`."""
    if "cbor" in headers.get("smithy-protocol", "") or "cbor" in headers.get("content-type", "") or _PATH.search(path):
        return "cbor"
    return "json" if "x-amz-target" in headers else "query"


def read(path, headers, query, body):
    """(action, input) of a request; `query`: {name: [values]} of the URL. Raises Unreadable."""
    try:
        if headers.get("content-encoding", "") == "gzip":
            body = gzip.decompress(body)
        spoken = protocol(path, headers)
        if spoken == "cbor":
            import cbor2

            found = _PATH.search(path)
            return (found[1] if found else ""), (cbor2.loads(body) if body else {})
        if spoken == "json":
            return headers["x-amz-target"].rpartition(".")[2], json.loads(body or b"{}")
        flat = {name: values[-1] for name, values in {**query, **parse_qs(body.decode(), keep_blank_values=True)}.items()}
        action = flat.get("Action", "")
        shape = model().operation_model(action).input_shape if action in model().operation_names else None
        return action, (_from_query(shape, flat, "") or {} if shape else {})
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the body cannot be read: {error}") from error


def _from_query(shape, flat, prefix):
    """A value of the query protocol: `Name.member.1.Inner`; None where there is nothing."""
    name = prefix.rstrip(".")
    if shape.type_name == "structure":
        if prefix and not any(key.startswith(prefix) for key in flat):
            return None
        found = {member: _from_query(inner, flat, f"{prefix}{member}.") for member, inner in shape.members.items()}
        return {member: value for member, value in found.items() if value is not None}
    if shape.type_name == "list":
        items = []
        for number in range(1, 100_000):
            value = _from_query(shape.member, flat, f"{prefix}member.{number}.")
            if value is None:
                break
            items.append(value)
        return items or None
    if shape.type_name == "map":
        return None
    if name not in flat:
        return None
    text = flat[name]
    kinds = {"integer": int, "long": int, "double": float, "float": float, "boolean": lambda value: value.lower() == "true"}
    return kinds.get(shape.type_name, str)(text)


def written(spoken, action, output):
    """(headers, body) of an answer."""
    identity = str(uuid.uuid4())
    headers = {"x-amzn-requestid": identity}
    if spoken == "cbor":
        import cbor2

        body = cbor2.dumps(output, datetime_as_timestamp=True)
        return headers | {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body
    if spoken == "json":
        return headers | {"content-type": "application/x-amz-json-1.0"}, json.dumps(output, default=_epoch).encode()
    shape = model().operation_model(action).output_shape
    result = f"<{action}Result>{_to_xml(shape, output)}</{action}Result>" if shape else ""
    metadata = f"<ResponseMetadata><RequestId>{identity}</RequestId></ResponseMetadata>"
    text = f'<{action}Response xmlns="{_NAMESPACE}">{result}{metadata}</{action}Response>'
    return headers | {"content-type": "text/xml"}, text.encode()


def refused(spoken, code, message, status=400, members=None):
    """(headers, body) of an error. `code`: the error's name in the model, or of an error that all actions have."""
    fault = "Sender" if status < 500 else "Receiver"
    known = {shape.name: shape for shape in model().error_shapes}.get(code)
    short = known.metadata.get("error", {}).get("code", code) if known else code
    headers = {"x-amzn-requestid": str(uuid.uuid4())}
    if spoken == "query":
        error = f"<Error><Type>{fault}</Type><Code>{short}</Code><Message>{escape(message)}</Message></Error>"
        text = f'<ErrorResponse xmlns="{_NAMESPACE}">{error}<RequestId>{headers["x-amzn-requestid"]}</RequestId></ErrorResponse>'
        return headers | {"content-type": "text/xml"}, text.encode()
    # Both members, since the errors' shapes differ in how they spell it.
    content = {"__type": f"com.amazonaws.cloudwatch#{code}", "message": message, "Message": message, **(members or {})}
    headers["x-amzn-query-error"] = f"{short};{fault}"
    if spoken == "json":
        headers["x-amzn-errortype"] = code
        return headers | {"content-type": "application/x-amz-json-1.0"}, json.dumps(content, default=_epoch).encode()
    import cbor2

    headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    return headers, cbor2.dumps(content, datetime_as_timestamp=True)


def _epoch(value):
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} is nothing that JSON knows")


def _to_xml(shape, value):
    if shape.type_name == "structure":
        return "".join(
            f"<{name}>{_to_xml(inner, value[name])}</{name}>" for name, inner in shape.members.items() if value.get(name) is not None
        )
    if shape.type_name == "list":
        return "".join(f"<member>{_to_xml(shape.member, each)}</member>" for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return escape(str(value))
