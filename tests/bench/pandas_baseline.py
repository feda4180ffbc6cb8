"""The transformer's rules once more, as one would write them with pandas: `python pandas_baseline.py JSON FOLDER REJECTS`.

`read_json(lines=True)`, then a mask for each rule, in the transformer's order; the first that applies is the reason. It
knows lines of JSON only, and of a member's type only what read_json makes of it. Amounts are floats, which is exact
enough for what generate_transactions.py writes. It holds the whole file in memory.
"""

import csv
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

CATALOGUE = Path(__file__).resolve().parents[2] / "files/lambda/product_catalogue/products.csv"
TEXTS = ("transaction_id", "customer_id", "product_id", "product_name", "category")


def judged(frame: pd.DataFrame) -> pd.Series:
    """The reason for each row, "" for a good one; adds the columns `time` and `cents`."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        known = {row["product_id"]: row for row in csv.DictReader(file)}
    text = {name: frame[name].str.strip() for name in TEXTS}
    frame["time"] = pd.to_datetime(frame["timestamp"], format="%Y-%m-%dT%H:%M:%S.%fZ", errors="coerce")
    price, total = frame["price"] * 100, frame["total_amount"] * 100
    frame["cents"], frame["total_cents"] = price.round().astype("int64"), total.round().astype("int64")
    rules = [
        ("transaction_id_missing", text["transaction_id"].isna() | (text["transaction_id"] == "")),
        ("timestamp_invalid", frame["time"].isna()),
    ]
    rules += [(f"{name}_missing", text[name].isna() | (text[name] == "")) for name in ("customer_id", "product_id")]
    rules += [("product_unknown", ~text["product_id"].isin(list(known)))]
    for name in ("product_name", "category"):
        rules.append((f"{name}_mismatch", text[name] != text["product_id"].map({each: row[name] for each, row in known.items()})))
    rules += [("quantity_not_positive", frame["quantity"] <= 0), ("price_not_positive", price <= 0)]
    rules += [("price_too_precise", (price - frame["cents"]).abs() > 1e-4), ("total_amount_not_positive", total <= 0)]
    rules += [("total_amount_too_precise", (total - frame["total_cents"]).abs() > 1e-4)]
    rules += [("total_amount_mismatch", frame["total_cents"] != frame["cents"] * frame["quantity"])]
    reason = pd.Series("", index=frame.index)
    for name, applies in rules:
        reason = reason.mask((reason == "") & applies, name)
    again = frame.loc[reason == "", "transaction_id"].duplicated()
    reason.loc[again[again].index] = "transaction_id_repeated"
    return reason


def main(source: str, folder: str, rejects: str) -> None:
    pa.set_cpu_count(1)
    Path(folder).mkdir(parents=True, exist_ok=True)
    frame = pd.read_json(source, lines=True, dtype=False)
    reason = judged(frame)
    bad = reason[reason != ""]
    wanted = set(bad.index)
    with open(source, encoding="utf-8") as lines, open(rejects, "w", encoding="ascii") as out:
        texts = {number: line.rstrip("\n") for number, line in enumerate(lines) if number in wanted}
        rows = pd.DataFrame({"row": bad.index + 1, "reason": bad.to_numpy(), "text": [texts[number] for number in bad.index]})
        rows.to_json(out, orient="records", lines=True)
    good = frame[reason == ""]
    time = good["time"].dt.tz_localize(None).astype("datetime64[ms]")
    for day, rows in good.groupby(time.dt.strftime("%Y-%m-%d")):
        at = time.loc[rows.index]
        columns = {name: pa.array(rows[name], pa.string()) for name in TEXTS}
        columns |= {"timestamp": pa.array(at, pa.timestamp("ms")), "quantity": pa.array(rows["quantity"], pa.int32())}
        for name, cents, digits in (("price", "cents", 10), ("total_amount", "total_cents", 12)):
            whole = pa.array(rows[cents], pa.int64()).cast(pa.decimal128(19, 0))
            hundredth = pa.scalar("0.01").cast(pa.decimal128(2, 2))
            columns[name] = pa.compute.multiply(whole, hundredth).cast(pa.decimal128(digits, 2))
        parts = {"year": at.dt.year, "month": at.dt.month, "day": at.dt.day, "hour": at.dt.hour, "day_of_week": at.dt.day_of_week}
        columns |= {name: pa.array(part, pa.int32()) for name, part in parts.items()}
        pq.write_table(pa.table(columns), Path(folder, f"{day}.parquet"), compression="zstd", store_schema=False)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
