"""The table's columns, and the map of regions."""

import hashlib
import re
from decimal import Decimal, localcontext

import pytest
from order_history import judging, regions, table

from tests.local_cloud import ROOT
from tests.unit.order_history.support import frame, line


def columns(spark, *lines, rate="0.012", high="100"):
    kept = judging.judge(frame(spark, lines), False)
    return sorted(table.with_columns(kept, Decimal(rate), Decimal(high)).collect(), key=lambda row: int(row["source_file"]))


def test_an_order_id_is_the_hash_of_invoice_and_product(spark):
    [row] = columns(spark, line(StockCode="é"))
    assert row.orderid == hashlib.sha256("536365é".encode()).hexdigest()


def test_amounts_are_exact_up_to_the_widest(spark):
    rows = columns(
        spark, line(), line(Quantity="2147483647", UnitPrice="9999999999.999999"), line(UnitPrice="0.000001"), rate="9999.999999"
    )
    with localcontext(prec=60):  # 36 digits are more than Python multiplies by default
        exact = [Decimal("15.30"), 2147483647 * Decimal("9999999999.999999"), Decimal("0.000006")]
        assert [row.totalamountusd for row in rows] == [value * Decimal("9999.999999") for value in exact]


def test_high_is_more_than_the_bound(spark):
    rows = columns(spark, line(Quantity="1", UnitPrice="100"), line(Quantity="1", UnitPrice="100.000001"), rate="1")
    assert [row.ordertag for row in rows] == ["Low", "High"]


def test_regions_come_from_the_file_and_other_is_the_rest(spark):
    rows = columns(spark, *[line(Country=name) for name in ("EIRE", "rsa", "Unspecified", "Atlantis", "European Community")])
    assert [row.region for row in rows] == ["Europe", "Africa", "Unspecified", "Other", "Europe"]
    assert [regions.region_of(name) for name in ("EIRE", "Atlantis")] == ["Europe", "Other"]


def test_the_maps_sets_are_the_map():
    assert {country: region for region, names in regions.by_region().items() for country in names} == regions.load()


def test_the_tables_statement_declares_what_the_job_writes():
    text = (ROOT / "sql" / "order_history" / "create_table.sql").read_text()
    listed = text[text.index("(") : text.index("PARTITIONED BY")]
    found = re.findall(r"^    (\w+) ([a-z]+(?:\([\d, ]+\))?)", listed, re.MULTILINE)
    assert {name: kind.replace(" ", "") for name, kind in found} == table.COLUMNS


@pytest.mark.parametrize("kind", [table.PRICE_TYPE, table.RATE_TYPE, table.AMOUNT_TYPE])
def test_types_fit_into_a_decimal(kind):
    precision, scale = map(int, re.findall(r"\d+", kind))
    assert scale < precision <= 38
