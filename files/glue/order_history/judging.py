"""Which lines are kept, dropped by rule or rejected, and their values with exact types."""

from functools import reduce

from pyspark.sql import functions as F

from order_history.lines import MARK, with_fields
from order_history.table import PRICE_SCALE, PRICE_TYPE, PRICE_WHOLE_DIGITS

KEPT, DROPPED, REJECTED = "kept", "dropped", "rejected"
MAX_COUNTRY_CHARS = 50  # with `country_partition=` and four bytes a character a folder's name still has less than 255 bytes
EARLIEST_DAY = "1900-01-01"  # Parquet's readers do not agree about days before the Gregorian calendar

#: Columns of `judge`'s answer that hold a kept line's values.
VALUES = (
    "invoiceno",
    "stockcode",
    "description",
    "quantity",
    "invoicedateonly",
    "invoicehour",
    "unitprice",
    "customerid",
    "country",
)

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_WIDE, _WIDE_SCALE = "decimal(38,18)", 18
_NUMBER = r"\A-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\z"
_PLAIN_PRICE = rf"\A-?(?:0|[1-9]\d{{0,{PRICE_WHOLE_DIGITS - 1}}})(?:\.\d{{1,{PRICE_SCALE}}})?\z"
# Group 1: digits after the point without the zeros at the end; group 2: the exponent.
_PARTS = r"\A-?\d+(?:\.(\d*?)0*)?(?:[eE]([+-]?\d+))?\z"
_MOMENT = r"\A\d{4}-\d{2}-\d{2} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\z"
_COUNTRY = rf"\A[^\x00-\x1f\x7f]{{1,{MAX_COUNTRY_CHARS}}}\z"
# Column → field of the line, and its name in reasons.
_FIELDS = {
    "invoiceno": ("InvoiceNo", "invoice_no"),
    "stockcode": ("StockCode", "stock_code"),
    "description": ("Description", "description"),
    "quantity_text": ("Quantity", "quantity"),
    "moment": ("InvoiceDate", "invoice_date"),
    "price_text": ("UnitPrice", "unit_price"),
    "customerid": ("CustomerID", "customer_id"),
    "country": ("Country", "country"),
}


def judge(lines, require_customer):
    """One row for each line of `lines` (value, source_file, arrived), which has no blank ones, with the columns

    source_file, arrived    as they came
    outcome                 KEPT, DROPPED or REJECTED
    rule                    of a dropped line: the first rule that drops it
    reasons                 of a rejected line: all that is wrong with it, as codes
    text                    of a rejected line: the line, if it is UTF-8, as it was, a CR at its end included
    text_base64             of a rejected line that is not: its bytes
    and VALUES              quantity int, invoicedateonly date, invoicehour int, unitprice PRICE_TYPE, the others string
    """
    texts = with_fields(lines).select("source_file", "arrived", "value", "shape_reason", "fields", *_texts())
    typed = texts.select("*", _quantity(), _price(), _day())
    found = _problems()
    reasoned = typed.select(
        "*",
        # Nearly every line is good, and then nothing is built.
        F.when(F.coalesce(*found).isNotNull(), F.array_compact(F.array(*found))).alias("reasons"),
    )
    judged = reasoned.withColumn("rule", F.when(F.col("reasons").isNull(), _rule(require_customer)))
    rejected, undecodable = F.col("reasons").isNotNull(), F.array_contains("reasons", "not_utf8")
    return judged.select(
        "source_file",
        "arrived",
        F.when(rejected, REJECTED).when(F.col("rule").isNotNull(), DROPPED).otherwise(KEPT).alias("outcome"),
        "rule",
        "reasons",
        F.when(rejected & ~undecodable, F.col("value")).alias("text"),
        # Spark breaks base64 into lines, as mail does.
        F.when(rejected & undecodable, F.translate(F.base64(F.col("value").cast("binary")), "\r\n", "")).alias("text_base64"),
        *(_hour() if name == "invoicehour" else F.col(name) for name in VALUES),
    )


def _raw(name):
    return F.col("fields").getField(_FIELDS[name][0])


def _texts():
    """Columns named as in _FIELDS with the text of each field, null where it is missing or of another type."""

    def text(name):
        # In characters; more than there are is all that there are.
        return F.when(_raw(name).startswith(MARK), F.substring(_raw(name), len(MARK) + 1, 2**31 - 1))

    # A text with spaces around it, as spreadsheets leave them, is the text. What makes up the line's key stays as it is.
    customer = F.trim(text("customerid"))
    is_float = customer.endswith("0") & customer.rlike(r"\A\d+\.0+\z")
    return [
        text("invoiceno").alias("invoiceno"),
        text("stockcode").alias("stockcode"),
        # What has no description comes as "" from a CSV and as null from elsewhere.
        F.when(F.trim(text("description")) != "", text("description")).alias("description"),
        *[F.trim(text(name)).alias(name) for name in ("quantity_text", "moment", "price_text", "country")],
        F.when((customer == "") | (F.lower(customer) == "nan"), None)
        .when(is_float, F.substring_index(customer, ".", 1))
        .otherwise(customer)
        .alias("customerid"),
    ]


def _quantity():
    """The int of quantity_text, or null; no digit of it is lost."""
    text = F.col("quantity_text")
    exact = _exact(text)
    fits = (exact == F.floor(exact)) & exact.between(_INT_MIN, _INT_MAX)
    return F.when(text.cast("int").cast("string") == text, text.cast("int")).when(fits, exact.cast("int")).alias("quantity")


def _price():
    """The price of price_text, or null; no digit of it is lost."""
    text = F.col("price_text")
    exact = _exact(text)
    rounded = exact.cast(PRICE_TYPE)
    return F.when(text.rlike(_PLAIN_PRICE), text.cast(PRICE_TYPE)).when(rounded == exact, rounded).alias("unitprice")


def _exact(text):
    """A number of an unusual form (1e3, 1.50000000000) as a wide decimal; null if it is none or if that cannot hold each digit."""
    exponent = F.regexp_extract(text, _PARTS, 2)
    power = F.when(exponent == "", 0).when(F.length(exponent) <= 3, exponent.cast("int"))
    decimals = F.length(F.regexp_extract(text, _PARTS, 1)) - power
    fits = text.rlike(_NUMBER) & (F.length(text) <= 100) & (decimals <= _WIDE_SCALE)
    return F.when(fits, text.cast(_WIDE))


def _day():
    day = F.substring("moment", 1, 10).cast("date")
    return F.when(F.col("moment").rlike(_MOMENT) & (day >= F.lit(EARLIEST_DAY).cast("date")), day).alias("invoicedateonly")


def _hour():
    return F.substring("moment", 12, 2).cast("int").alias("invoicehour")


def _problems():
    """Columns of codes, each null where that is not wrong with the line."""
    whole_line = F.col("shape_reason")

    def checked(name, *checks):
        """The first that is wrong with a field; no line that is none has fields."""
        code = _FIELDS[name][1]
        found = F.when(_raw(name).isNull(), f"{code}_missing").when(~_raw(name).startswith(MARK), f"{code}_wrong_type")
        for wrong, what in checks:
            found = found.when(wrong, f"{code}_{what}")
        return F.when(whole_line.isNull(), found)

    def mistyped(name):
        return F.when(whole_line.isNull() & ~_raw(name).startswith(MARK), f"{_FIELDS[name][1]}_wrong_type")

    quantity, price, country, day = F.col("quantity_text"), F.col("price_text"), F.col("country"), F.col("invoicedateonly")
    return [
        whole_line,
        checked("invoiceno", (F.trim("invoiceno") == "", "blank")),
        checked("stockcode", (F.trim("stockcode") == "", "blank")),
        mistyped("description"),
        checked(
            "quantity_text",
            (F.col("quantity").isNull() & ~quantity.rlike(_NUMBER), "not_a_number"),
            (F.col("quantity").isNull(), "not_an_int"),
        ),
        checked("moment", (day.isNull() & ~F.col("moment").rlike(_MOMENT), "wrong_form"), (day.isNull(), "impossible")),
        checked(
            "price_text",
            (F.col("unitprice").isNull() & ~price.rlike(_NUMBER), "not_a_number"),
            (F.col("unitprice").isNull(), "too_precise_or_large"),
        ),
        mistyped("customerid"),
        checked(
            "country",
            (country == "", "blank"),
            (~country.rlike(_COUNTRY) & (F.length(country) > MAX_COUNTRY_CHARS), "too_long"),
            (~country.rlike(_COUNTRY), "control_character"),
        ),
    ]


def _rule(require_customer):
    """The first rule that drops a good line, or null."""
    rules = [(F.col("quantity") <= 0, "quantity_not_positive"), (F.col("unitprice") <= 0, "unit_price_not_positive")]
    if require_customer:
        rules.append((F.col("customerid").isNull(), "customer_missing"))
    first, *others = rules
    return reduce(lambda found, rule: found.when(*rule), others, F.when(*first))
