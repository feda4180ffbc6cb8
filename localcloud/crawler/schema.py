"""What a classifier says of one file, and of several taken together."""

from dataclasses import dataclass, field, replace

from localcloud.crawler.hive_types import kind, merge_fields

#: two schemas with at least this share of columns in common are one table (AWS does not publish its number)
SIMILAR = 0.7


@dataclass(frozen=True)
class Schema:
    """`columns` is a tuple of (name, type); `details` is what the format's SerDe must know.

    `compression` is `none` or `gzip`. `rows` and `text_bytes` count the part that was looked at:
    rows in `text_bytes` of decoded content, which stand for `stored_bytes` of the object.
    """

    classification: str
    columns: tuple
    compression: str = "none"
    details: dict = field(default_factory=dict, hash=False)
    named: bool = True
    rows: int = 0
    stored_bytes: int = 0

    @property
    def format(self):
        """Files of one table must agree on this, whatever their columns: Glue's "data compatibility"."""
        return (self.classification, self.compression, *sorted(self.details.items()))


def merged(schemas):
    """One Schema for all: columns in the order first seen, types widened, samples added up."""
    first, *others = schemas
    for other in others:
        columns = first.columns if other.columns == first.columns else merge_fields(first.columns, other.columns)
        first = replace(first, columns=columns, rows=first.rows + other.rows, stored_bytes=first.stored_bytes + other.stored_bytes)
    return first


def similar(one, other):
    """Whether two schemas are close enough for one table: shared columns, relative to both sizes.

    Columns without names of their own (`col0` …) say nothing by their name, so their types count too.
    """
    if one.columns == other.columns:
        return True
    if one.named and other.named:
        mine, theirs = {name for name, _ in one.columns}, {name for name, _ in other.columns}
    else:
        mine, theirs = _by_kind(one), _by_kind(other)
    return 2 * len(mine & theirs) >= SIMILAR * (len(mine) + len(theirs))


def _by_kind(schema):
    return {(name, kind(its_type)) for name, its_type in schema.columns}


def mostly_similar(schemas):
    """Whether more than half of the schemas are similar to one another, as one table needs."""
    groups = []
    for schema in schemas:
        for group in groups:
            if similar(group[0], schema):
                group.append(schema)
                break
        else:
            groups.append([schema])
    return not groups or 2 * max(map(len, groups)) > sum(map(len, groups))
