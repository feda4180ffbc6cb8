"""`/audit/<pipeline>`: what became of each input file, and the rows that were rejected."""

import re

from flask import Blueprint, Response, abort, jsonify, render_template, request, stream_with_context

from dashboard.pages import arguments, board, pipeline_or_404

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

READABLE = (".jsonl", ".json", ".csv", ".txt")  # shown by the browser as text; everything else is a download


@blueprint.get("/<name>")
def show(name):
    return render_template("audit.html", **_page(name))


@blueprint.get("/<name>.json")
def show_json(name):
    page = _page(name)
    return jsonify(
        pipeline=page["pipeline"].name,
        page=page["page"],
        pages=page["pages"],
        total=page["total"],
        truncated=page["cut"],
        records=[_data(record) for record in page["records"]],
    )


@blueprint.get("/<name>/rejects")
def rejects(name):
    """The rejected rows of one file, streamed. `record`: the key of its audit record, which alone names what is served."""
    pipeline = pipeline_or_404(name)
    key = arguments("record").get("record")
    if not key:
        abort(400, "record is missing: it takes the key of an audit record, as the list of files links it.")
    found = board().rejects(pipeline, key)
    if found is None:
        abort(404, "There is no such audit record, or it names no rejects.")
    object_key, size, chunks, close = found
    readable = object_key.endswith(READABLE)
    body = b"" if request.method == "HEAD" else stream_with_context(chunks)
    response = Response(body, content_type="text/plain; charset=utf-8" if readable else "application/octet-stream")
    response.content_length = size
    response.call_on_close(close)
    filename = re.sub(r"[^\w.-]", "_", object_key.rsplit("/", 1)[-1])
    response.headers.set("Content-Disposition", "inline" if readable else "attachment", filename=filename)
    return response


def _page(name):
    pipeline = pipeline_or_404(name)
    text = arguments("page").get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0):
        abort(400, "page takes a whole number from 1.")
    listing, size, page = board().listing(pipeline), board().config.audit_page_size, int(text)
    pages = max(-(-len(listing.objects) // size), 1)
    if page > pages:
        abort(404, f"There are only {pages} pages of files.")
    records = board().records(pipeline, listing.objects[(page - 1) * size : page * size])
    return {"pipeline": pipeline, "records": records, "page": page, "pages": pages, "total": len(listing.objects), "cut": listing.cut}


def _data(record):
    """A record as JSON; a malformed one has its `problem` and nothing else of use."""
    return {
        "audit_key": record.key,
        "recorded_at": record.modified.isoformat(),
        "problem": record.problem or None,
        "source": {"key": record.source_key, "version_id": record.source_version, "size": record.source_size},
        "event_time": record.event_time.isoformat() if record.event_time else None,
        "status": record.status,
        "reason": record.reason or None,
        "rows": record.rows,
        "dropped_by_rule": record.dropped_by_rule,
        "rejected_by_reason": record.rejected_by_reason,
        "extra_columns": record.extra_columns,
        "output": {"processed": record.processed_key, "rejected": record.rejected_key},
    }
