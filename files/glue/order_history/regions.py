"""The region of a country, by regions.csv: which is data, so read it there."""

import csv
import functools
import io
import pkgutil

OTHER = "Other"


@functools.cache
def load():
    """{country in lower case: region}; ValueError for a country that is listed twice."""
    text = pkgutil.get_data("order_history", "regions.csv").decode("utf-8")
    found = {}
    for row in csv.DictReader(io.StringIO(text)):
        country = row["country"].lower()
        if country in found:
            raise ValueError(f"regions.csv lists {row['country']!r} twice")
        found[country] = row["region"]
    return found


def region_of(country):
    """The region of a country's name, without regard to case; OTHER where the map has none."""
    return load().get(country.lower(), OTHER)


def by_region():
    """{region: its countries in lower case}, the regions with most countries first."""
    found = {}
    for country, region in load().items():
        found.setdefault(region, []).append(country)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))
