"""The columns of the table transformed_orders, out of a kept line's values."""

from pyspark.sql import functions as F

from order_history import regions

# quantity (10 digits) × unitprice × usd_rate has at most 24 digits before the point and 12 after it: never rounded.
PRICE_WHOLE_DIGITS, PRICE_SCALE = 10, 6
RATE_WHOLE_DIGITS, RATE_SCALE = 4, 6
PRICE_TYPE = f"decimal({PRICE_WHOLE_DIGITS + PRICE_SCALE},{PRICE_SCALE})"
RATE_TYPE = f"decimal({RATE_WHOLE_DIGITS + RATE_SCALE},{RATE_SCALE})"
AMOUNT_TYPE = "decimal(38,12)"

#: Name and type of each column, in order, as sql/order_history/create_table.sql declares them; the partitions' are apart.
COLUMNS = {
    "orderid": "string",
    "invoiceno": "string",
    "stockcode": "string",
    "description": "string",
    "quantity": "int",
    "invoicedateonly": "date",
    "invoicehour": "int",
    "unitprice": PRICE_TYPE,
    "customerid": "string",
    "country": "string",
    "region": "string",
    "totalamountusd": AMOUNT_TYPE,
    "ordertag": "string",
}


def with_columns(kept, usd_rate, high_value_usd):
    """`kept` (judging.VALUES and what else there is) with the rest of COLUMNS. Rate and bound are Decimals."""
    rate = F.lit(str(usd_rate)).cast(RATE_TYPE)
    amount = F.col("quantity").cast("decimal(10,0)") * F.col("unitprice") * rate
    return kept.select(
        "*",
        F.sha2(F.concat("invoiceno", "stockcode"), 256).alias("orderid"),
        _region().alias("region"),
        amount.cast(AMOUNT_TYPE).alias("totalamountusd"),
        F.when(amount > F.lit(str(high_value_usd)).cast("decimal(32,12)"), "High").otherwise("Low").alias("ordertag"),
    )


def _region():
    """By sets of names, which Spark looks up by their hashes; a map it would search from its start."""
    country, found = F.lower("country"), F
    for region, names in regions.by_region().items():
        found = found.when(country.isin(names), region)
    return found.otherwise(regions.OTHER)
