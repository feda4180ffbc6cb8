"""Which folders are tables and which are partitions; pure.

From the leaves up: a folder whose sub folders all hold the same kind of table, mostly with similar
schemas, is itself that table and the sub folders are its partitions. Otherwise each sub folder
keeps tables of its own. Files that lie beside folders, or that differ from one another, are each
a table.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from localcloud.crawler.schema import Schema, merged, mostly_similar


@dataclass(frozen=True)
class File:
    """An object: `key` in its bucket, `size` in bytes; `schema` is None where it was not looked at."""

    key: str
    size: int
    schema: Schema | None = None


@dataclass(frozen=True)
class Grouping:
    """`combine`: ignore how similar schemas are. `level`: tables are folders this deep, the bucket being 1."""

    combine: bool = False
    level: int | None = None


@dataclass(frozen=True)
class Leaf:
    """A folder with files: the table itself, or one of its partitions. `values` has one per partition key."""

    prefix: str
    values: tuple
    files: tuple
    schema: Schema | None


@dataclass(frozen=True)
class Table:
    """`prefix` is the folder's key with its slash, or a file's key; `keys` are the partition keys."""

    prefix: str
    levels: tuple
    leaves: tuple

    @property
    def keys(self):
        return tuple(name or f"partition_{at}" for at, name in enumerate(self.levels))

    @property
    def schema(self):
        """All leaves' schemas in one, or None where nothing of the table was looked at."""
        known = [leaf.schema for leaf in self.leaves if leaf.schema]
        return merged(known) if known else None

    @property
    def files(self):
        return tuple(file for leaf in self.leaves for file in leaf.files)


@dataclass
class _Folder:
    prefix: str
    files: list = field(default_factory=list)
    folders: dict = field(default_factory=dict)

    @property
    def name(self):
        return self.prefix.rstrip("/").rpartition("/")[2]

    @property
    def depth(self):
        """1 for the bucket, 2 for its folders, as Glue counts table levels."""
        return 1 + self.prefix.count("/")


def tables(root, files, grouping):
    """The tables under the key prefix `root` (empty, or with its slash), from `files` sorted by key."""
    top = _Folder(root)
    for file in files:
        *path, _ = file.key[len(root) :].split("/")
        folder = top
        for name in path:
            folder = folder.folders.setdefault(name, _Folder(f"{folder.prefix}{name}/"))
        folder.files.append(file)
    return _tables(top, grouping)


def _tables(folder, grouping):
    # A table level in Glue's configuration forces this folder to be a table, whatever its files are like, and keeps those above apart.
    if grouping.level == folder.depth:
        _keep_one_format(folder)
    below = [_tables(child, grouping) for child in folder.folders.values()]
    apart = grouping.level is not None and folder.depth < grouping.level
    loose = grouping.combine or (grouping.level is not None and not apart)
    if not below:
        return _from_files(folder, loose, apart)
    if not folder.files and not apart:
        table = _from_folders(folder, below, loose)
        if table:
            return [table]
    everything = [file for tables_below in below for table in tables_below for file in table.files] + folder.files
    if loose and not apart and _agree([file.schema for file in everything], similarity=False):
        return [_table_of_files(folder.prefix, sorted(everything, key=lambda file: file.key))]
    return [table for tables_below in below for table in tables_below] + [_table_of_files(file.key, [file]) for file in folder.files]


def _keep_one_format(folder):
    """Count files of other formats than most of the folder's as not looked at."""
    folders = [folder]
    for each in folders:
        folders += each.folders.values()
    formats = Counter(file.schema.format for each in folders for file in each.files if file.schema)
    if len(formats) > 1:
        ((most, _),) = formats.most_common(1)
        for each in folders:
            each.files = [file if file.schema and file.schema.format == most else replace(file, schema=None) for file in each.files]


def _from_files(folder, loose, apart):
    if not apart and _agree([file.schema for file in folder.files], similarity=not loose):
        return [_table_of_files(folder.prefix, folder.files)]
    return [_table_of_files(file.key, [file]) for file in folder.files]


def _from_folders(folder, below, loose):
    """One table whose partitions are the sub folders, or None."""
    children = list(folder.folders.values())
    if any(len(found) != 1 or found[0].prefix != child.prefix for child, found in zip(children, below, strict=True)):
        return None
    found = [one for (one,) in below]
    level = _level_name([child.name for child in children])
    if level is None or len({table.levels for table in found}) != 1:
        return None
    if not _agree([table.schema for table in found], similarity=not loose):
        return None
    leaves = [
        Leaf(leaf.prefix, (_value(child.name, level), *leaf.values), leaf.files, leaf.schema)
        for child, table in zip(children, found, strict=True)
        for leaf in table.leaves
    ]
    return Table(folder.prefix, (level, *found[0].levels), tuple(leaves))


def _table_of_files(prefix, files):
    known = [file.schema for file in files if file.schema]
    return Table(prefix, (), (Leaf(prefix, (), tuple(files), merged(known) if known else None),))


def _agree(schemas, similarity):
    known = [schema for schema in schemas if schema]
    if len({schema.format for schema in known}) > 1:
        return False
    return not similarity or mostly_similar(known)


def _level_name(names):
    """`year` for `year=2024`, `year=2025`; empty for bare folders; None for a mixture."""
    keys = {name.partition("=")[0].lower() if name.find("=") > 0 else "" for name in names}
    return keys.pop() if len(keys) == 1 else None


def _value(name, level):
    # Hive escapes what a path cannot hold.
    return unquote(name.partition("=")[2]) if level else name
