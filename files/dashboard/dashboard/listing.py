"""The newest objects of a prefix in few requests, where folders or objects are named by date."""

import re
from datetime import UTC, datetime, timedelta

PAGE = 1000  # keys of a request
WINDOWS = (1, 8, 32, 128, 512)  # whole days before today that are looked at, until there is enough
_DATED = re.compile(r"(?:date|dt|year|month|day|hour|datehour)=[^/]+|\d{2}|\d{4}|\d{4}-\d{2}-\d{2}")
_NAMES = ((re.compile(r"20\d{6}T"), "%Y%m%d"), (re.compile(r"20\d{2}-\d{2}-\d{2}"), "%Y-%m-%d"))


def newest_first(aws, bucket, prefix, limit, now=None, enough=1, since=None):
    """(list of aws.StoredObject, newest first, whether there are more) below a prefix, at most `limit`.

    Below folders that are named by date (`date=2026-11-21/`, `year=2026/month=11/`, `2026/11/21/`) the last ones are read first,
    until there are `enough` and a folder has none that was written after `since`. Of thousands of objects whose names begin with a
    date (`20261121T100500-…`) those of the last days are read, as many days as give `enough`, yesterday always. Otherwise
    everything is listed in the order of keys, up to `limit`. Objects beside folders by date are not looked at.
    """
    found, over = [], False
    for place in _places(aws, bucket, prefix):
        if over or len(found) >= limit:
            return _sorted(found), True
        objects, more = _listed(aws, bucket, place, limit - len(found), now or datetime.now(UTC), enough)
        found += objects
        if more:
            return _sorted(found), True
        over = objects and len(found) >= enough and not (since and any(stored.modified >= since for stored in objects))
    return _sorted(found), False


def newest(aws, bucket, prefix, limit, now=None):
    """(the newest aws.StoredObject or None, whether others may be newer) of a prefix.

    Below folders that are named by date only the last two that hold something are looked at: who writes late into an old day is
    not seen. Where names tell no date, others may be newer if there are more than `limit`.
    """
    looked, found, cut = 0, [], False
    for place in _places(aws, bucket, prefix):
        objects, more = _listed(aws, bucket, place, limit, now or datetime.now(UTC), 1)
        found, looked = found + objects, looked + bool(objects)
        cut = cut or (more and len(objects) >= limit)
        if looked == 2:
            break
    return next(iter(_sorted(found)), None), cut


def _listed(aws, bucket, place, limit, now, enough):
    """(the objects of one prefix, at most `limit`, whether there are more); folders' own objects are left out."""
    objects, more = aws.objects(bucket, place, min(limit, PAGE))
    if more:
        layout = _layout(objects[0].key[len(place) :])
        for days in WINDOWS if layout else ():
            since = place + (now - timedelta(days=days)).strftime(layout)
            objects, _ = aws.objects(bucket, place, limit, since)
            if len(objects) >= min(enough, limit):
                return _without_folders(objects), True
        objects, more = aws.objects(bucket, place, limit)
    return _without_folders(objects), more


def _layout(name):
    """How the date is written with which an object's name begins; None where there is none."""
    return next((layout for pattern, layout in _NAMES if pattern.match(name)), None)


def _sorted(objects):
    return sorted(objects, key=lambda stored: (stored.modified, stored.key), reverse=True)


def _without_folders(objects):
    return [stored for stored in objects if not stored.key.endswith("/")]


def _places(aws, bucket, prefix):
    """The prefixes to list, those of the newest dates first; the prefix itself where nothing below is named by date."""
    folders = [folder for folder in aws.folders(bucket, prefix) if _DATED.fullmatch(folder[len(prefix) : -1])]
    if not folders:
        yield prefix
    for folder in sorted(folders, reverse=True):
        yield from _places(aws, bucket, folder)
