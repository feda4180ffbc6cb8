"""What the shop sells: the same for the same seed, and believable."""

import collections
import json
import random
from datetime import datetime, timedelta

import pytest
from log_generator import countries, products
from log_generator.damage import KINDS, damaged
from log_generator.days import LastDay
from log_generator.shop import CURRENCIES, Shop

START = datetime(2026, 11, 19, 15, 0, 0)


def shop(seed="1", start=START, rate=100, **settings):
    return Shop(seed, start, rate, **settings)


@pytest.fixture(scope="module")
def sold():
    """The fields of 20,000 lines that are all good."""
    return [json.loads(line) for line in shop().lines(20_000)]


def test_the_same_seed_and_start_give_the_same_lines_and_others_do_not():
    lines = shop(bad_share=0.1).lines(500)
    assert shop(bad_share=0.1).lines(500) == lines
    assert shop(seed="2", bad_share=0.1).lines(500) != lines
    assert shop(start=START + timedelta(milliseconds=1), bad_share=0.1).lines(500) != lines


def test_lines_may_be_asked_for_in_any_portions():
    one, other = shop(), shop()
    assert one.lines(7) + one.lines(1) + one.lines(92) == other.lines(100)


def test_a_stock_code_always_means_the_same_product(sold):
    meanings = collections.defaultdict(set)
    for line in sold:
        meanings[line["StockCode"]].add((line["Description"], line["UnitPrice"]))
    assert len(meanings) > 400
    assert {len(found) for found in meanings.values()} == {1}
    codes = [product.code for product in products.catalogue()]
    assert len(set(codes)) == len(codes) == 600


def test_an_invoice_has_several_lines_and_one_customer_country_and_time(sold):
    invoices = collections.defaultdict(list)
    for line in sold:
        invoices[line["InvoiceNo"]].append((line["CustomerID"], line["Country"], line["InvoiceDate"]))
    sizes = [len(lines) for lines in invoices.values()]
    assert 6 < sum(sizes) / len(sizes) < 10
    assert max(sizes) <= 60
    assert {len(set(lines)) for lines in invoices.values()} == {1}


def test_there_are_38_countries_mostly_the_united_kingdom_and_a_customer_has_one(sold):
    assert len(countries.INVOICES) == 38
    many = [json.loads(line) for line in shop(seed="countries").lines(100_000)]
    invoices = {line["InvoiceNo"]: line["Country"] for line in many}
    share = collections.Counter(invoices.values())["United Kingdom"] / len(invoices)
    assert 0.89 < share < 0.92
    assert len(set(invoices.values())) > 24
    homes = collections.defaultdict(set)
    for line in many:
        homes[line["CustomerID"]].add(line["Country"])
    assert {len(found) for customer, found in homes.items() if customer} == {1}


def test_shares_are_kept():
    made = shop(bad_share=0.05, return_share=0.1, no_customer_share=0.3)
    lines = made.lines(50_000)
    assert 0.04 < made.bad / made.written < 0.06
    assert 0.08 < made.returned / made.written < 0.12
    good = [json.loads(line) for line in shop(no_customer_share=0.3).lines(50_000)]
    assert 0.26 < sum(line["CustomerID"] is None for line in good) / len(good) < 0.34
    assert len(lines) == made.written == 50_000


def test_a_return_has_negative_quantities_and_a_number_that_says_so():
    for line in map(json.loads, shop(return_share=0.5).lines(2000)):
        assert line["InvoiceNo"].startswith("C") == (line["Quantity"] < 0)
        assert line["UnitPrice"] > 0


def test_prices_are_in_the_currency_with_two_places(sold):
    in_pounds = [json.loads(line) for line in shop(factor=CURRENCIES["GBP"]).lines(20_000)]
    for rupees, pounds in zip(sold, in_pounds, strict=True):
        assert rupees["UnitPrice"] == round(pounds["UnitPrice"] * 105, 2)
        assert rupees["UnitPrice"] == round(rupees["UnitPrice"], 2)


def test_most_is_ordered_by_day_and_nothing_after_now_nor_more_than_a_day_before(sold):
    hours = collections.Counter()
    for number, line in enumerate(sold):
        at, now = datetime.fromisoformat(line["InvoiceDate"]), START + timedelta(seconds=number / 100)
        assert now - timedelta(hours=24) <= at <= now
        hours[at.hour] += 1
    assert sum(hours[hour] for hour in range(9, 18)) > 0.9 * len(sold)
    assert {datetime.fromisoformat(line["InvoiceDate"]).date() for line in sold} == {START.date(), START.date() - timedelta(days=1)}


def test_saturdays_are_quiet():
    day, rng = LastDay(), random.Random(1)
    sunday_noon = datetime(2026, 11, 15, 12)  # half of the last 24 hours is Saturday
    drawn = [day.draw(sunday_noon, rng).weekday() for _ in range(5000)]
    assert 0.02 < drawn.count(5) / len(drawn) < 0.3


def test_numbers_rise_over_restarts_without_anything_being_kept():
    last = json.loads(shop(rate=5000).lines(50_000)[-1])["InvoiceNo"].lstrip("C")
    next_start = START + timedelta(seconds=50_000 / 5000)
    first = json.loads(shop(start=next_start, rate=5000).lines(1)[0])["InvoiceNo"].lstrip("C")
    assert int(first) > int(last)


def test_a_lag_moves_the_clock():
    made = shop(rate=1)
    made.later(86_400 * 3)
    at = datetime.fromisoformat(json.loads(made.lines(1)[0])["InvoiceDate"])
    assert START + timedelta(days=2) <= at <= START + timedelta(days=3, seconds=1)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_bad_line_is_one_line_and_is_no_good_record(kind):
    text = shop().lines(1)[0]
    bad = KINDS[kind](text, json.loads(text), random.Random(1))
    assert "\n" not in bad
    assert bad != text
    try:
        found = json.loads(bad)
    except ValueError:
        return
    wrong = not isinstance(found, dict) or set(found) != set(json.loads(text))
    assert wrong or found["Quantity"] in ("six", 2.5) or found["UnitPrice"] == "free" or found["InvoiceDate"][:4] in ("2026", "yest")


def test_every_kind_of_bad_line_occurs():
    rng, text = random.Random(1), shop().lines(1)[0]
    found = {damaged(text, json.loads(text), rng) for _ in range(1000)}
    assert len(found) > len(KINDS)
