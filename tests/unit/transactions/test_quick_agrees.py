"""The quick ways keep nothing that the exact rules refuse, and give the same values: held against them with made-up records."""

import json

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.transactions.support import PRODUCTS, Outcome, quick, rules

TEXTS = st.sampled_from(
    ["T-1", "a b", " a", "a ", "\u00a0a", "ü", "", "\t", '"', "\\", "\x7f", "\ud800", "a,b", "{", "}", "\u2028", "x" * 300]
)
TIMES = st.sampled_from(
    [
        "2026-11-21T12:05:00.123Z",
        "2026-11-21 12:05:00",
        "2026-02-29T12:05:00Z",
        "2024-02-29T23:59:59.999999Z",
        "2026-11-21T12:05:00ZZ",
        "2026-11-21T12:05:00.Z",
        "2026-04-31T12:05:00Z",
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2199-12-31T23:59:59.9Z",
        "2200-01-01T00:00:00Z",
        "2026-11-21T12:05:00+00:00",
        "2026-11-21T12:05:00.1234567Z",
        "2026-11-21t12:05:00z",
    ]
)
# As they would stand in JSON, or nearly.
NUMBERS = st.sampled_from(
    [
        *("0", "1", "2", "-1", "1.0", "2.0", "1e0", "10E-1", "-0", "05", "+5", "[1]", "null", "true", "NaN", "Infinity", '"2"'),
        *("19.9", "19.90", "19.900", "19.905", "39.8", "39.80", "0.1", "0.00", ".5", "5.", "39,8", "99999999.99", "100000000"),
        *("1e400", "2147483647", "2147483648", "999999999", "1000000000", "123456789012345678901234567890"),
    ]
)
PRODUCT = st.sampled_from([("P-2001", "Cotton T-Shirt", "Clothing"), ("P-2001", "Wool Sweater", "Clothing"), ("P-0", "x", "y")])
BLANKS = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def written_records(draw: st.DrawFn) -> bytes:
    """The text of a record: good in most of its members, odd in some, in any order, maybe with a member twice or too few."""
    good = draw(st.booleans())
    quantity = draw(st.sampled_from(["1", "2", "3"])) if good else draw(NUMBERS)
    price, total = ("19.90", f"{int(quantity) * 19.9:.2f}") if good else (draw(NUMBERS), draw(NUMBERS))
    product = ("P-2001", "Cotton T-Shirt", "Clothing") if good else draw(PRODUCT)
    members = [
        ("transaction_id", json.dumps(draw(TEXTS), ensure_ascii=draw(st.booleans()))),
        ("timestamp", json.dumps(draw(TIMES))),
        ("customer_id", json.dumps(draw(TEXTS), ensure_ascii=False)),
        *zip(("product_id", "product_name", "category"), map(json.dumps, product), strict=True),
        ("quantity", quantity),
        ("price", price),
        ("total_amount", total),
    ]
    if draw(st.integers(0, 3)) == 0:
        members = draw(st.permutations(members))
    match draw(st.integers(0, 20)):
        case 0:
            members.append(draw(st.sampled_from(members)))
        case 1:
            members.pop()
        case 2:
            members.append(("note", draw(st.sampled_from(['"x"', "{}", "[{}]", "1"]))))
        case 3:
            members[0] = ("transaction_id", '"T\x01"')
    blank = draw(BLANKS)
    text = "{" + blank + f"{blank},{draw(BLANKS)}".join(f'"{name}"{blank}:{draw(BLANKS)}{value}' for name, value in members) + "}" + blank
    return draw(st.sampled_from([text] * 9 + [text[:-2], text + text, "", text.replace("{", "")])).encode("utf-8", "surrogatepass")


def exactly(data: bytes) -> rules.Row | None:
    try:
        return rules.judge(data, PRODUCTS)
    except rules.Problem:
        return None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written_records(), min_size=1, max_size=12), st.booleans())
def test_what_is_kept_quickly_is_kept_by_the_exact_rules_with_the_same_values(records: list[bytes], as_lines: bool) -> None:
    records = [data.replace(b"\n", b"") for data in records]
    verdict = quick.Judge(PRODUCTS).judge(pa.array(records, pa.binary()), b"\n".join(records) + b"\n" if as_lines else None)
    places = verdict.places.to_pylist()
    assert sorted(places + verdict.others) == list(range(len(records)))
    expected = [exactly(records[place]) for place in places]
    assert None not in expected, [records[place] for place, row in zip(places, expected, strict=True) if row is None]
    assert verdict.kept.equals(quick.columns(expected))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(written_records(), min_size=1, max_size=12), st.integers(1, 400))
def test_a_file_of_lines_has_the_rows_that_the_exact_rules_find_in_them(records: list[bytes], block_bytes: int) -> None:
    lines = [b'{"first": 1}', *(data.replace(b"\n", b"") for data in records)]  # which makes it a file of lines
    outcome = Outcome(b"\n".join(lines), block_bytes=block_bytes)
    found = [row for row in map(exactly, lines) if row]
    once = {row.transaction_id: row for row in reversed(found)}
    assert sorted(outcome.ids) == sorted(once)
    assert outcome.summary.rows_in == sum(bool(line.strip(b" \t\r")) for line in lines)
    for row in outcome.rows:
        wanted = once[row["transaction_id"]]
        assert (row["price"], row["quantity"], row["total_amount"]) == (wanted.price, wanted.quantity, wanted.total_amount)


def test_what_one_program_writes_takes_the_quickest_way() -> None:
    """Or the benchmark would measure another one than those who use it see."""
    lines = [json.dumps({**_good(), "transaction_id": f"T-{n}"}).encode() for n in range(50)]
    lines[7] = b"{}"
    lines[9] = lines[9].replace(b"Cotton", b"Cotton, ")
    lines[11] = lines[11].replace(b"2026-11-21", b"2026-02-30")
    judge = quick.Judge(PRODUCTS)
    verdict = judge._by_layout(b"\n".join(lines), pa.array(lines, pa.binary()))
    assert verdict.others == [7, 9, 11]
    assert verdict.kept.num_rows == 47
    assert verdict.kept.equals(judge.judge(pa.array(lines, pa.binary())).kept), "the other quick way"


def _good() -> dict:
    times = {"transaction_id": "T", "timestamp": "2026-11-21T12:05:00.123Z", "customer_id": "C-1"}
    product = {"product_id": "P-2001", "product_name": "Cotton T-Shirt", "category": "Clothing"}
    return times | product | {"quantity": 2, "price": 19.9, "total_amount": 39.8}
