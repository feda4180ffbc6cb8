"""A panel: one query's answer, or why there is none, as the pages show it."""

from dataclasses import dataclass

from dashboard import charts
from dashboard.cache import Busy
from dashboard.queries import QueryFailed

INTERNAL = "An error of the dashboard itself; its log has the details."


@dataclass(frozen=True)
class Panel:
    """`state`: ok | stale (an old answer, since asking again failed) | empty | failed | running.

    `texts`: the parameters' values. `error`: why asking failed, or None. `charts`: [(markup or None, note)].
    """

    pipeline: object
    query: object
    texts: dict
    state: str
    answer: object
    age: float
    error: Exception | None
    source: str
    charts: tuple

    @property
    def title(self):
        return self.query.title(self.texts)

    @property
    def description(self):
        return self.query.description_of(self.texts)

    @property
    def reason(self):
        """Why asking failed, for people; empty if it did not."""
        if self.error is None:
            return ""
        return str(self.error) if isinstance(self.error, QueryFailed | Busy) else INTERNAL

    @property
    def execution_id(self):
        """The execution that failed, if it came so far."""
        return getattr(self.error, "execution_id", None)

    @property
    def data_status(self):
        """The HTTP status of the panel's data: 503 where asking later helps, 502 where Athena refused."""
        if self.state == "failed":
            return 503 if isinstance(self.error, Busy) else 502
        return 503 if self.no_table else 200

    @property
    def no_table(self):
        """Whether the pipeline has no data at all, rather than none for these parameters."""
        return self.state == "empty" and self.answer is None

    @property
    def changed_texts(self):
        """The parameters that are not at their default: what a link to this panel must say."""
        return {p.name: self.texts[p.name] for p in self.query.parameters if self.texts[p.name] != p.default}


def build(pipeline, query, texts, snapshot):
    """The Panel of a cache.Snapshot (None: still running)."""
    answer = snapshot.value if snapshot else None
    error = snapshot.error if snapshot else None
    state = _state(answer, error) if snapshot else "running"
    drawn = tuple(_drawn(chart, answer, f"{query.name}-{n}") for n, chart in enumerate(query.charts)) if answer and answer.rows else ()
    return Panel(
        pipeline=pipeline,
        query=query,
        texts=texts,
        state=state,
        answer=answer,
        age=snapshot.age if snapshot else 0.0,
        error=error,
        source=snapshot.source if snapshot else "",
        charts=drawn,
    )


def data(panel):
    """What the panel's `.json` holds."""
    answer = panel.answer
    stats = {"source": panel.source, "stale": panel.state == "stale", "error": panel.reason or None}
    if answer:
        stats |= {
            "row_count": len(answer.rows),
            "truncated": answer.cut,
            "query_execution_id": answer.execution_id,
            "finished_at": answer.finished_at.isoformat(timespec="milliseconds"),
            "age_seconds": round(panel.age, 3),
            "run_seconds": round(answer.run_seconds, 3),
            "engine_ms": answer.engine_ms,
            "bytes_scanned": answer.scanned,
            "cost_usd": float(answer.cost),
            "result_reused": answer.reused,
        }
    return {
        "pipeline": panel.pipeline.name,
        "query": panel.query.name,
        "title": panel.title,
        "description": panel.description,
        "columns": answer.columns if answer else [],
        "types": answer.types if answer else [],
        "rows": answer.rows if answer else [],
        "sql": panel.query.sql,
        "parameters": panel.texts,
        "execution_parameters": panel.query.literals(panel.texts),
        "stats": stats,
    }


def _state(answer, error):
    if error is None:
        return "ok" if answer.rows else "empty"
    if answer is not None and answer.rows:
        return "stale"
    return "empty" if isinstance(error, QueryFailed) and error.no_table else "failed"


def _drawn(chart, answer, name):
    """(markup or None, note); a chart that does not fit its query says so in its place, and its table stays."""
    try:
        return charts.draw(chart, answer, name)
    except ValueError as error:
        return None, f"The chart cannot be drawn: {error}."
