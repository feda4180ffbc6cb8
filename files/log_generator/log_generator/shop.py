"""The shop: the same seed, start and rate give the same lines."""

import itertools
import json
import random
from datetime import datetime, timedelta

from log_generator import countries, products
from log_generator.damage import damaged
from log_generator.days import LastDay

#: What a pound of the catalogue is in other money; about what it was in 2026.
CURRENCIES = {"INR": 105.0, "GBP": 1.0, "EUR": 1.17, "USD": 1.28}
#: How many are bought of a thing, and how often.
QUANTITIES = {1: 28, 2: 16, 3: 8, 4: 9, 6: 12, 8: 4, 10: 6, 12: 10, 24: 5, 36: 1, 48: 1, 96: 0.3}
#: Lines of an invoice on average, and at most.
MEAN_LINES, MOST_LINES = 8, 60
#: A year's beginning from which milliseconds number invoices, so that numbers rise over restarts without anything being kept.
EPOCH = datetime(2020, 1, 1)


class Shop:
    """An endless stream of lines.

    `start`: naive UTC datetime; line n is written at `start` + n / `rate` of the shop's own clock (`later` moves it).
    `factor`: price in hundredths of the currency for a penny of the catalogue. Shares are of invoices for `return_share` and
    `no_customer_share`, of lines for `bad_share`.
    """

    def __init__(self, seed, start, rate, factor=105.0, bad_share=0.0, return_share=0.02, no_customer_share=0.14):
        self._rng = random.Random(f"{seed}/{start.isoformat()}")  # noqa: S311 - nothing secret
        self._start, self._rate, self._lag = start, rate, timedelta()
        self._shares = (bad_share, return_share, no_customer_share)
        sold = products.catalogue()
        prices = [max(1, round(product.pence * factor)) / 100 for product in sold]
        self._products = list(zip((p.code for p in sold), (p.description for p in sold), prices))  # noqa: B905 - Python 3.9 has no strict
        self._popularity = list(itertools.accumulate(products.popularity(sold)))
        self._countries, self._invoices = list(countries.INVOICES), list(itertools.accumulate(countries.INVOICES.values()))
        self._customers = countries.customers()
        self._quantities, self._often = list(QUANTITIES), list(itertools.accumulate(QUANTITIES.values()))
        self._day = LastDay()
        self._number = int((start - EPOCH) / timedelta(milliseconds=1))
        self.written = self.bad = self.returned = 0
        self._lines = self._stream()

    def later(self, seconds):
        """Lines were not written for so long; the clock goes on."""
        self._lag += timedelta(seconds=seconds)

    def lines(self, count):
        """The next `count` lines, without their ends."""
        return list(itertools.islice(self._lines, count))

    def _stream(self):
        while True:
            yield from self._invoice()

    def _invoice(self):
        rng = self._rng
        bad_share, return_share, no_customer_share = self._shares
        now = self._start + timedelta(seconds=self.written / self._rate) + self._lag
        country = rng.choices(self._countries, cum_weights=self._invoices)[0]
        customer = None if rng.random() < no_customer_share else rng.choice(self._customers[country])
        returned = rng.random() < return_share
        self._number += 1
        fields = {
            "InvoiceNo": ("C" if returned else "") + str(self._number),
            "StockCode": "",
            "Description": "",
            "Quantity": 0,
            "InvoiceDate": self._day.draw(now, rng).isoformat(" "),
            "UnitPrice": 0.0,
            "CustomerID": customer,
            "Country": country,
        }
        size = min(MOST_LINES, 1 + int(rng.expovariate(1 / (MEAN_LINES - 0.5))))
        for code, description, price in rng.choices(self._products, cum_weights=self._popularity, k=size):
            quantity = rng.choices(self._quantities, cum_weights=self._often)[0]
            fields["StockCode"], fields["Description"], fields["UnitPrice"] = code, description, price
            fields["Quantity"] = -quantity if returned else quantity
            text = json.dumps(fields)
            self.written += 1
            self.returned += returned
            if rng.random() < bad_share:
                self.bad += 1
                text = damaged(text, fields, rng)
            yield text
