"""What is kept, dropped and rejected of lines, and with which values."""

import base64
from datetime import date
from decimal import Decimal

import pytest
from order_history import judging
from order_history.lines import not_blank

from tests.unit.order_history.support import frame, judged, line, with_bare


def test_a_line_is_read_with_exact_types(spark):
    [row] = judged(spark, line())
    assert row.outcome == "kept"
    assert (row.rule, row.reasons, row.text, row.text_base64) == (None, None, None, None)
    assert [row[name] for name in judging.VALUES] == [
        "536365",
        "85123A",
        "WHITE HANGING HEART T-LIGHT HOLDER",
        6,
        date(2010, 12, 1),
        8,
        Decimal("2.550000"),
        "17850",
        "United Kingdom",
    ]


def test_numbers_may_be_bare_or_quoted_and_keep_every_digit(spark):
    numbers = ["2.550", "1e3", "1.5E-3", "0.000001", "9999999999.999999", "-0.5", "25500e-4", "1.2300000000000000000000000000", "0"]
    rows = judged(spark, *[with_bare("UnitPrice", text) for text in numbers], *[line(UnitPrice=text) for text in numbers])
    assert [row.unitprice for row in rows] == [Decimal(text) for text in numbers] * 2
    rows = judged(spark, *[with_bare("Quantity", text) for text in ("6", "6.0", "6e2", "2147483647", "-2147483648")])
    assert [row.quantity for row in rows] == [6, 6, 600, 2147483647, -2147483648]


@pytest.mark.parametrize("bare", [True, False])
def test_a_number_that_its_type_cannot_hold_is_rejected_and_never_rounded(spark, bare):
    make = with_bare if bare else (lambda name, text: line(**{name: text}))
    prices = ["0.1000000000000000055", "0.0000001", "10000000000", "1e10", "1e400", "1e-400", "1e999999999", "1e-999999999", "9" * 200]
    rows = judged(spark, *[make("UnitPrice", text) for text in prices])
    assert [row.reasons for row in rows] == [["unit_price_too_precise_or_large"]] * len(prices)
    quantities = ["2147483648", "-2147483649", "1.5", "1e10", "1e-1", "9" * 40]
    rows = judged(spark, *[make("Quantity", text) for text in quantities])
    assert [row.reasons for row in rows] == [["quantity_not_an_int"]] * len(quantities)


def test_what_is_no_number_is_rejected(spark):
    texts = ["", "abc", "NaN", "Infinity", "1,000", "+5", ".5", "5.", "0x10", "1_000", "05", "1e", "٣", "5d"]
    rows = judged(spark, *[line(Quantity=text) for text in texts], *[line(UnitPrice=text) for text in texts])
    assert [row.reasons for row in rows] == [["quantity_not_a_number"]] * len(texts) + [["unit_price_not_a_number"]] * len(texts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "not_a_json_object"),
        ("[1]", "not_a_json_object"),
        ('"text"', "not_a_json_object"),
        ("null", "not_a_json_object"),
        ("123", "not_a_json_object"),
        (line()[:-1], "json_truncated"),
        (line()[: line().index("Quantity")], "json_truncated"),
        (line() + line()[:20], "json_truncated"),
        (line() + line(), "json_invalid"),
        (line() + "}", "json_invalid"),
        (line() + " x}", "json_invalid"),
        (line() + ',"x":{}', "json_nested"),
        (line().replace('"', "'"), "json_invalid"),
        (line().replace(", ", ",, ", 1), "json_invalid"),
        (line()[:-1] + ", }", "json_invalid"),
        (line().replace(": ", " ", 1), "json_invalid"),
        (with_bare("Quantity", "NaN"), "json_invalid"),
        (with_bare("Quantity", "06"), "json_invalid"),
        (with_bare("Quantity", "6 6"), "json_invalid"),
        (with_bare("Quantity", "6."), "json_invalid"),
        (with_bare("Quantity", "--6"), "json_invalid"),
        (with_bare("Quantity", "[6]"), "json_nested"),
        (with_bare("Quantity", '{"value": 6}'), "json_nested"),
        (with_bare("Description", r'"half of a pair \ud800"'), "json_invalid"),
        (with_bare("Description", r'"no escape \x"'), "json_invalid"),
        (with_bare("Description", '"a\ttab"'), "json_invalid"),
        (with_bare("Description", r'"\"'), "json_invalid"),
    ],
)
def test_a_line_that_is_no_flat_json_object_is_rejected(spark, text, reason):
    [row] = judged(spark, text)
    assert (row.outcome, row.reasons, row.text) == ("rejected", [reason], text)


def test_all_that_is_wrong_with_a_line_is_said(spark):
    bare = '{"InvoiceNo": " ", "StockCode": true, "Description": false, "Quantity": "x", "InvoiceDate": "2011-02-30 10:00:00"}'
    [row] = judged(spark, bare)
    assert row.reasons == [
        "invoice_no_blank",
        "stock_code_wrong_type",
        "description_wrong_type",
        "quantity_not_a_number",
        "invoice_date_impossible",
        "unit_price_missing",
        "country_missing",
    ]


@pytest.mark.parametrize("absent", [None, ...])
def test_a_missing_field_is_rejected_but_for_description_and_customer(spark, absent):
    names = {"InvoiceNo": "invoice_no", "StockCode": "stock_code", "Quantity": "quantity", "InvoiceDate": "invoice_date"}
    names |= {"UnitPrice": "unit_price", "Country": "country"}
    rows = judged(spark, *[line(**{name: absent}) for name in names])
    assert [row.reasons for row in rows] == [[f"{code}_missing"] for code in names.values()]
    kept = judged(spark, line(Description=absent), line(CustomerID=absent))
    assert [(row.outcome, row.description is None, row.customerid) for row in kept] == [("kept", True, "17850"), ("kept", False, None)]


def test_dates_must_exist_and_have_their_form(spark):
    wrong_form = [
        "2010-12-01",
        "2010-12-01T08:26:00",
        "1/12/2010 08:26",
        "2010-12-01 24:00:00",
        "2010-12-01 08:60:00",
        "10-12-01 08:26:00",
        "",
    ]
    impossible = ["2011-02-30 10:00:00", "2011-13-01 10:00:00", "2011-00-10 10:00:00", "0000-01-01 00:00:00", "1899-12-31 23:59:59"]
    rows = judged(spark, *[line(InvoiceDate=text) for text in wrong_form + impossible])
    assert [row.reasons for row in rows] == [["invoice_date_wrong_form"]] * 7 + [["invoice_date_impossible"]] * 5
    # 02:30 did not exist in the session's time zone on that day; a day's time has no zone here.
    good = judged(spark, line(InvoiceDate="2011-03-13 02:30:00"), line(InvoiceDate="2012-02-29 23:59:59"))
    assert [(row.invoicedateonly, row.invoicehour) for row in good] == [(date(2011, 3, 13), 2), (date(2012, 2, 29), 23)]


def test_customers_are_normalised_or_null(spark):
    texts = ["17850.0", "17850", "17850.00", "17850.5", "", "  ", "nan", "NaN", "C-1.0", " 17850 "]
    rows = judged(spark, *[line(CustomerID=text) for text in texts], with_bare("CustomerID", "17850"), with_bare("CustomerID", "17850.0"))
    expected = ["17850", "17850", "17850", "17850.5", None, None, None, None, "C-1.0", "17850", "17850", "17850"]
    assert [row.customerid for row in rows] == expected
    assert judged(spark, with_bare("CustomerID", "true"))[0].reasons == ["customer_id_wrong_type"]


def test_rules_drop_in_order_and_customers_only_if_they_are_required(spark):
    lines = [line(Quantity="0"), line(Quantity="-1", UnitPrice="0"), line(UnitPrice="-0.01"), line(UnitPrice="0.0"), line(CustomerID="")]
    found = [(row.outcome, row.rule) for row in judged(spark, *lines)]
    dropped = [("dropped", "quantity_not_positive")] * 2 + [("dropped", "unit_price_not_positive")] * 2
    assert found == [*dropped, ("kept", None)]
    assert [(row.outcome, row.rule) for row in judged(spark, lines[4], require_customer=True)] == [("dropped", "customer_missing")]
    # A line that cannot be read is never dropped by a rule.
    assert judged(spark, line(Quantity="0", UnitPrice="x"))[0].outcome == "rejected"


def test_countries_are_names_of_folders(spark):
    rows = judged(spark, *[line(Country=text) for text in ("", "  ", "x" * 51, "a\nb", "x" * 50, " Côte d’Ivoire 🌍 ")])
    assert [row.reasons for row in rows] == [
        ["country_blank"],
        ["country_blank"],
        ["country_too_long"],
        ["country_control_character"],
        None,
        None,
    ]
    assert rows[5].country == "Côte d’Ivoire 🌍"


def test_texts_come_as_they_were_written(spark):
    texts = [
        ': 5, "x": {1} [2] \\ / 1e3',
        "=",
        "==x",
        "tab\tand\nnewline",
        "é ü 漢字 🌍",
        "\ufffd",
        "nul\0",
        "a: true",
        "}",
        "{",
        '"',
        "\\",
    ]
    rows = judged(spark, *[line(Description=text, StockCode="=" + text) for text in texts])
    assert [(row.outcome, row.description, row.stockcode) for row in rows] == [("kept", text, "=" + text) for text in texts]
    escaped = judged(spark, with_bare("Description", r'"\u00e9\ud83c\udf0d\/\b"'))
    assert escaped[0].description == "é🌍/\b"


def test_other_members_do_not_matter_and_of_two_the_last_counts(spark):
    extra = line()[:-1]
    rows = judged(spark, extra + ', "x": null, "y": true, ":": "z", "end": "}"}', extra + ', "Quantity": 7}', "  " + line() + " \t\r")
    assert [(row.outcome, row.quantity) for row in rows] == [("kept", 6), ("kept", 7), ("kept", 6)]


def test_bytes_that_are_no_text_are_rejected_byte_for_byte(spark):
    good = line(Description="@").encode()
    bad = [good.replace(b"@", b"\xff\xfe"), b"\xff", good.replace(b"@", b"\xed\xa0\x80"), good + b"\x80", good.replace(b"@", b"\xc3") * 20]
    rows = judged(spark, *bad)
    assert [row.reasons for row in rows] == [["not_utf8"]] * len(bad)
    assert [base64.b64decode(row.text_base64, validate=True) for row in rows] == bad
    assert {row.text for row in rows} == {None}


def test_long_and_hostile_lines_neither_overflow_nor_stall(spark):
    long = 'x\\"' * 200_000
    hostile = ['"' * 100_000, '{"' * 50_000, '{"a":' * 50_000, '{"' + '\\"' * 100_000, "{" + '"a":true,' * 5_000, line(Description=long)]
    rows = judged(spark, *hostile)
    assert [row.outcome for row in rows] == ["rejected"] * 5 + ["kept"]
    assert rows[5].description == long
    assert [row.text for row in rows[:5]] == hostile[:5]


def test_blank_lines_are_nothing_and_a_cr_before_the_end_is_space(spark):
    lines = frame(spark, ["", " ", "\t", "\r", line() + "\r", b"\xff", "x\r"])
    assert [row.source_file for row in lines.where(not_blank(lines.value)).collect()] == ["4", "5", "6"]
    [row, other] = judged(spark, line() + "\r", "x\r")
    assert row.country == "United Kingdom"
    assert other.text == "x\r"
