"""Write JSON lines of invoices for the benchmark: `python generate_history.py ROWS FOLDER`.

The rows are the same for the same number of rows. They arrive on one day, in gzip'd files of at most 1.25 million lines, and
are of 1 day of invoices (90 % of the rows) and the 24 days before it; the United Kingdom makes 90 % of each. 2 % are returns, 25 %
have no customer, 0.5 % are bad in five ways: no JSON, truncated, a price of too many decimals, an impossible date, no country.
"""

import sys
from pathlib import Path

import duckdb

ARRIVED = "2026-11-21"
LINES_PER_FILE = 1_250_000
COUNTRIES = ("Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Australia", "Norway", "Atlantis")

# A row's random numbers are remainders of its number's hash, so nothing depends on the order of the work.
_ROWS = """
SELECT i, h, h % 1000 AS per_mille, (h >> 10) % 100 AS percent, 500000 + i // 20 AS invoice, (h >> 20) % 4000 AS product,
    1 + (h >> 32) % 24 AS quantity, 8 + (h >> 40) % 12 AS hour, (h >> 44) % 60 AS minute,
    CASE WHEN (h >> 50) % 10 = 0 THEN DATE '2026-11-21' - (1 + (h >> 53) % 24)::INT ELSE DATE '2026-11-21' END AS day
FROM (SELECT i, (hash(i + {seed}) // 2)::BIGINT AS h FROM range({start}, {stop}) AS numbers(i))
"""
_LINES = """
SELECT CASE
    WHEN per_mille = 0 THEN 'no JSON at all'
    WHEN per_mille = 1 THEN '{{"InvoiceNo": "' || invoice || '", "StockCode'
    ELSE '{{"InvoiceNo": "' || invoice || '", "StockCode": "P' || product || '", "Description": "PRODUCT NUMBER ' || product
        || '", "Quantity": ' || CASE WHEN per_mille BETWEEN 10 AND 29 THEN -quantity ELSE quantity END
        || ', "InvoiceDate": "' || CASE WHEN per_mille = 2 THEN '2026-02-30' ELSE day::VARCHAR END || ' '
        || lpad(hour::VARCHAR, 2, '0') || ':' || lpad(minute::VARCHAR, 2, '0') || ':00", "UnitPrice": '
        || (product % 90 + 1) || '.' || lpad((product % 100)::VARCHAR, 2, '0') || CASE WHEN per_mille = 3 THEN '00000001' ELSE '' END
        || ', "CustomerID": "' || CASE WHEN percent < 25 THEN '' ELSE (12000 + invoice % 6000) || '.0' END
        || '", "Country": "' || CASE
            WHEN per_mille = 4 THEN '' WHEN percent < 90 THEN 'United Kingdom'
            ELSE {countries}[1 + (h >> 56) % {number}] END
        || '"}}'
    END AS line
FROM ({rows}) ORDER BY i
"""


def write(rows, folder):
    """Write the files below `folder`, whole or not at all, and return it."""
    place = folder / "year=2026" / "month=11" / "day=21"
    place.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, rows, LINES_PER_FILE)):
        source = _ROWS.format(seed=20261121, start=start, stop=min(rows, start + LINES_PER_FILE))
        query = _LINES.format(rows=source, countries=list(COUNTRIES), number=len(COUNTRIES))
        path = place / f"part-{number:03}.gz"
        if not path.exists():
            partial = path.with_name("." + path.name)
            duckdb.sql(f"COPY ({query}) TO '{partial}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION gzip)")
            partial.replace(path)
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python generate_history.py ROWS FOLDER")
    write(int(sys.argv[1]), Path(sys.argv[2]))
