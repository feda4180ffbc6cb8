"""Results as Athena gives them: texts by column, the CSV file, and pages of GetQueryResults."""

import io
import math
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from localcloud.athena.sql import types as t

_PRECISION = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "real": 17, "double": 17, "varchar": 2147483647, "char": 1}
_NAMES = {"real": "float", "timestamp with time zone": "timestamp with time zone"}


def column_info(name, kind, catalog="hive"):
    """A ColumnInfo of ResultSetMetadata. Types are Athena's names; text columns are case-sensitive."""
    precision, scale = _PRECISION.get(kind.name, 0), 0
    if kind.name == "decimal":
        precision, scale = kind.args
    elif kind.name in ("varchar", "char") and kind.args:
        precision = kind.args[0]
    elif kind.name in ("timestamp", "timestamp with time zone", "time"):
        precision = kind.precision
    return {
        "CatalogName": catalog,
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": _NAMES.get(kind.name, kind.name),
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": t.is_text(kind),
    }


def java_double(value, digits=17):
    """A double as Java's Double.toString writes it: 0.1, 1.0E10, NaN, Infinity."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    text = repr(abs(value)) if digits == 17 else _shortest_float(abs(value))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    number = (whole + fraction).lstrip("0")
    power = len(whole) + int(exponent or 0) if whole.strip("0") else int(exponent or 0) - (len(fraction) - len(fraction.lstrip("0")))
    number = number.rstrip("0") or "0"
    sign = "-" if value < 0 else ""
    if 1e-3 <= abs(value) < 1e7:
        if power <= 0:
            return f"{sign}0.{'0' * -power}{number}"
        return f"{sign}{number[:power].ljust(power, '0')}.{number[power:] or '0'}"
    return f"{sign}{number[0]}.{number[1:] or '0'}E{power - 1}"


def _shortest_float(value):
    """The shortest digits that give the same 32-bit float."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if pa.scalar(float(text), pa.float32()).as_py() == value:
            return repr(float(text))
    return repr(value)


def _duration(milliseconds):
    sign, rest = ("-" if milliseconds < 0 else ""), abs(milliseconds)
    days, rest = divmod(rest, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{sign}{days} {hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _months(number):
    return f"{'-' if number < 0 else ''}{abs(number) // 12}-{abs(number) % 12}"


def _moment(value, precision):
    text = value.strftime("%Y-%m-%d %H:%M:%S").zfill(19)
    return text + (f".{value.microsecond:06}"[: precision + 1] if precision else "")


def show(value, kind, zone="UTC"):
    """One value as text, or None; inside arrays, maps and rows NULL is `null`."""
    if value is None:
        return None
    name = kind.name
    if name in ("double", "real"):
        return java_double(value, 17 if name == "double" else 9)
    if name == "boolean":
        return "true" if value else "false"
    if name == "timestamp":
        return _moment(value, kind.precision)
    if name == "timestamp with time zone":
        return f"{_moment(value.astimezone(ZoneInfo(zone)), kind.precision)} {zone}"
    if name == "time":
        return value.strftime("%H:%M:%S") + (f".{value.microsecond:06}"[: kind.precision + 1] if kind.precision else "")
    if name == "interval day to second":
        return _duration(value)
    if name == "interval year to month":
        return _months(value)
    if name == "varbinary":
        return value.hex(" ")
    if name == "decimal":
        return f"{value:f}"
    if name == "array":
        return "[" + ", ".join(_inside(item, kind.element) for item in value) + "]"
    if name == "map":
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ", ".join(f"{_inside(key, kind.args[0])}={_inside(item, kind.args[1])}" for key, item in pairs) + "}"
    if name == "row":
        fields = (f"{field or f'field{i}'}={_inside(value[f'f{i}'], inner)}" for i, (field, inner) in enumerate(kind.args))
        return "{" + ", ".join(fields) + "}"
    return str(value)


def _inside(value, kind):
    shown = show(value, kind)
    return "null" if shown is None else shown


def texts(table, columns):
    """An Arrow table of the same shape with every value as Athena's text; names are the columns'."""
    made = []
    for (_, kind, zone), column in zip(columns, table.columns, strict=True):
        if kind.name in (*t.INTEGERS, "varchar", "char", "date", "boolean", "json"):
            made.append(column.cast(pa.string()))
        elif kind.name == "timestamp" and kind.precision == 3:
            cut = pc.floor_temporal(column, unit="millisecond").cast(pa.timestamp("ms"))
            made.append(cut.cast(pa.string()))
        elif kind.name == "decimal" and kind.scale <= 6:
            made.append(column.cast(pa.string()))
        elif kind.name == "unknown":
            made.append(pa.chunked_array([pa.nulls(len(column), pa.string())]))
        else:
            made.append(pa.chunked_array([pa.array([show(value, kind, zone) for value in column.to_pylist()], pa.string())]))
    return pa.table(made, names=[f"c{i}" for i in range(len(made))]) if made else pa.table({})


def to_csv(shown, names):
    """The result file: every value quoted, NULL empty, a header."""
    out = io.BytesIO()
    out.write((",".join('"' + name.replace('"', '""') + '"' for name in names) + "\n").encode())
    pc_csv.write_csv(shown, out, pc_csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return out.getvalue()


def from_csv(data, width):
    """The texts of a result file, without its header; the inverse of to_csv."""
    names = [f"c{i}" for i in range(width)]
    if data.find(b"\n") == len(data) - 1 or not data:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    return pc_csv.read_csv(
        io.BytesIO(data),
        pc_csv.ReadOptions(column_names=names, skip_rows_after_names=1),
        pc_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=width != 1),
        pc_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    )


def page(shown, names, header, start, count):
    """(Rows, next start or None) of GetQueryResults; with `header` the first row of all is the names."""
    rows = []
    if header and start == 0:
        rows.append({"Data": [{"VarCharValue": name} for name in names]})
    first = start - 1 if header and start else start
    take = count - len(rows)
    columns = [column.slice(first, take).to_pylist() for column in shown.columns]
    rows += [{"Data": [{} if value is None else {"VarCharValue": value} for value in values]} for values in zip(*columns, strict=True)]
    following = start + len(rows)
    total = shown.num_rows + (1 if header else 0)
    return rows, following if following < total else None
