"""What to merge and what to delete, from listings. Plain values only."""

from collections import defaultdict
from dataclasses import dataclass

from day_versions.manifest import Manifest
from day_versions.names import checked_name, is_merged, place, version_of


class ForeignFileError(ValueError):
    """A version holds a file that nobody knows, or lacks one that it should have."""


@dataclass(frozen=True)
class Contents:
    """A day's version as it lies there. Listed objects: `singles` by their inputs' names, `parts` (merged files) by
    their file names, `changed` (waiting to replace rows) by their inputs' names."""

    manifest: Manifest
    singles: dict
    parts: dict
    changed: dict

    @property
    def data(self):
        return [*self.parts.values(), *self.singles.values()]


@dataclass(frozen=True)
class Plan:
    """`copied`: merged files that are taken over as they are; `rewritten`: those of which some rows are taken, or that are
    small. `kept`: {merged file: [(Rows, name)]} in their order. `singles` and `changed`: {name: Listed}, no name in both;
    `replaced`: names of inputs whose merged rows are left out."""

    copied: list
    rewritten: list
    kept: dict
    singles: dict
    changed: dict
    replaced: frozenset


def contents(day, version, manifest, listed, waiting):
    """The Contents of a version.

    Args:
        listed: a Listed for each object of the version.
        waiting: the same of the day's folder of changed files.
    """
    files = {each.key.rpartition("/")[2]: each for each in listed}
    missing = sorted(set(manifest.files) - set(files))
    if missing:
        raise ForeignFileError(f"{day}/{version} lacks {', '.join(missing)}; bring it back from the bucket's earlier versions")
    parts = {file: files[file] for file in sorted(manifest.files)}
    unknown = sorted(file for file in files if is_merged(file) and file not in parts)
    if unknown:
        raise ForeignFileError(f"{day}/{version} holds {', '.join(unknown)}, which its manifest does not name; delete what nobody made")
    return Contents(manifest, _singles(files.values(), parts), parts, _singles(waiting, ()))


def _singles(listed, parts):
    for each in listed:
        file = each.key.rpartition("/")[2]
        if file not in parts and file[:1] not in ("", "_", ".") and not file.endswith(".parquet"):
            raise ForeignFileError(f"{each.key} is no Parquet file by its name; move it away, since readers take it for one")
    return {checked_name(name): each for name, each in singles(listed).items()}


def singles(listed):
    """{name: Listed} of the inputs' own files among listed objects."""
    files = {each.key.rpartition("/")[2]: each for each in sorted(listed, key=lambda each: each.key)}
    return {
        file.removesuffix(".parquet"): each
        for file, each in files.items()
        if file.endswith(".parquet") and file[:1] not in ("_", ".") and not is_merged(file)
    }


def plan(found, whole_bytes):
    """The Plan for a version's Contents; None if merging them gains nothing.

    Args:
        whole_bytes: a merged file of at least this size is not written anew only to add others' rows to it.
    """
    new = {name: each for name, each in found.singles.items() if name not in found.changed}
    if not found.changed and (not new or len(new) + len(found.parts) < 2):
        return None
    replaced = (frozenset(new) | frozenset(found.changed)) & set(found.manifest.inputs)
    kept, touched = {file: [] for file in found.parts}, set()
    for name, merged in found.manifest.inputs.items():
        for rows in merged.rows:
            if name in replaced:
                touched.add(rows.file)
            else:
                kept[rows.file].append((rows, name))
    whole = {file for file, each in found.parts.items() if each.size >= whole_bytes and file not in touched}
    return Plan(
        copied=[each for file, each in found.parts.items() if file in whole],
        rewritten=[each for file, each in found.parts.items() if file not in whole],
        kept={file: sorted(rows) for file, rows in kept.items()},
        singles=new,
        changed=dict(found.changed),
        replaced=replaced,
    )


def is_stale(planned, found):
    """Whether a single file that was merged was replaced or deleted since. `found`: the version's Contents now.

    What waits under changed/ may be replaced at any time, since the next compaction takes what is there then. Merged files
    never change.
    """
    return any(name not in found.singles or found.singles[name].etag != each.etag for name, each in planned.singles.items())


def newcomers(manifest, present, found):
    """Listed objects of `found` (singles of another version, by name) that one with this manifest and the `present` singles lacks."""
    return [each for name, each in found.items() if name not in manifest.inputs and name not in present]


def due(listed, waiting, locations, bucket, prefix, changed_prefix, today):
    """The days, oldest first, in which there is something to merge or to delete; today and later ones still fill.

    Args:
        listed, waiting: a Listed for each object below `prefix` and below `changed_prefix`.
        locations: {day: Location} of the registered days.
        today: ISO date.
    """
    versions, changed = defaultdict(lambda: defaultdict(list)), set()
    for each in listed:
        if found := place(each.key, prefix):
            versions[found[0]][found[1]].append(found[2])
    for each in waiting:
        changed.add(each.key.removeprefix(changed_prefix).partition("/")[0].removeprefix("date="))
    return [
        day
        for day, location in sorted(locations.items())
        if day < today and (day in changed or _is_untidy(version_of(location, bucket, prefix, day), versions[day]))
    ]


def _is_untidy(current, versions):
    data = [file for file in versions.get(current, ()) if file[:1] not in ("_", ".")]
    return current is None or set(versions) - {current} or (len(data) > 1 and not all(map(is_merged, data)))


def deletable(state, listed, prefix, now, grace):
    """Keys of versions that nobody can be reading, of one day.

    Args:
        state: the day's Day.
        listed: a Listed for each object of the day.
        now: aware time. grace: timedelta for which a version stays after it was superseded, and whatever is young too.
    """
    groups = defaultdict(list)
    for each in listed:
        found = place(each.key, prefix)
        if found and found[1] not in state.versions:
            groups[found[1]].append(each)
    keys = []
    for version, members in groups.items():
        until = state.superseded.get(version)
        if now - max(each.modified for each in members) >= grace and (until is None or now - until >= grace):
            keys += [each.key for each in members]
    return sorted(keys)
