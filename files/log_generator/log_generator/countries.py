"""Countries of customers, and how often each orders.

The 38 countries and their numbers of invoices are those of the data set Online Retail (Daqing Chen, UCI Machine Learning
Repository, 2015, doi:10.24432/C5BW33, CC BY 4.0), counted there; names are as it spells them.
"""

import random

INVOICES = {
    "United Kingdom": 23494, "Germany": 603, "France": 461, "EIRE": 360, "Belgium": 119, "Spain": 105, "Netherlands": 101,
    "Switzerland": 74, "Portugal": 71, "Australia": 69, "Italy": 55, "Finland": 48, "Sweden": 46, "Norway": 40,
    "Channel Islands": 33, "Japan": 28, "Poland": 24, "Denmark": 21, "Cyprus": 20, "Austria": 19, "Hong Kong": 15,
    "Unspecified": 13, "Singapore": 10, "Malta": 10, "Israel": 9, "Iceland": 7, "USA": 7, "Greece": 6, "Canada": 6,
    "Czech Republic": 5, "European Community": 5, "Lithuania": 4, "Bahrain": 4, "United Arab Emirates": 3, "Saudi Arabia": 2,
    "Lebanon": 1, "Brazil": 1, "RSA": 1,
}  # fmt: skip

#: Numbers of customers, as they are spread over the countries.
FIRST_CUSTOMER, CUSTOMERS = 12346, 4372


def customers():
    """{country: its customers' numbers as texts}: each customer has one country, and each country has a customer."""
    names = list(INVOICES)
    homes = names + random.Random("customers").choices(names, list(INVOICES.values()), k=CUSTOMERS - len(names))  # noqa: S311 - nothing secret
    found = {name: [] for name in names}
    for number, home in enumerate(homes):
        found[home].append(str(FIRST_CUSTOMER + number))
    return found
