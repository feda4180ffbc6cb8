"""Lines for the job, and what the core makes of them."""

import json

from order_history import judging

GOOD = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "WHITE HANGING HEART T-LIGHT HOLDER",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850.0",
    "Country": "United Kingdom",
}


def line(**changes):
    """A good line's JSON with some members changed; a member that is changed to `...` is left out."""
    members = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return json.dumps(members, ensure_ascii=False)


def with_bare(name, text):
    """A good line whose member has a number's text as it is, not quoted."""
    return line(**{name: "@"}).replace('"@"', text)


def frame(spark, lines):
    """Lines (str or bytes) as the job reads them; the name of a line's file is its number."""
    rows = [(bytearray(each if isinstance(each, bytes) else each.encode()), str(number)) for number, each in enumerate(lines)]
    data = spark.createDataFrame(rows, "data binary, source_file string").coalesce(1)
    return data.selectExpr("cast(data as string) as value", "source_file", "'2026-11-21' as arrived")


def judged(spark, *lines, require_customer=False):
    """A Row for each line, in order."""
    rows = judging.judge(frame(spark, lines), require_customer).collect()
    return sorted(rows, key=lambda row: int(row["source_file"]))
