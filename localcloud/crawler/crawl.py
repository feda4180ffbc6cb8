"""One crawl: look at the targets, decide on tables, write them into the catalog."""

import json
import time
from dataclasses import dataclass, field

from localcloud.crawler import layout, tables
from localcloud.crawler.catalog import Catalog, table_input_of
from localcloud.crawler.objects import Target, choose, look

DEPRECATED = "DEPRECATED_BY_CRAWLER"


class Cancelled(Exception):
    """StopCrawler was called."""


@dataclass(frozen=True)
class Options:
    """The parts of a crawler's Configuration (JSON) that change how it crawls."""

    grouping: layout.Grouping = field(default_factory=layout.Grouping)
    inherit: bool = False
    merge_new_columns: bool = False
    most_tables: int | None = None


def options_of(configuration):
    """Options from the Configuration string. ValueError says what is wrong with it."""
    if not configuration:
        return Options()
    try:
        given = json.loads(configuration)
    except ValueError as error:
        raise ValueError(f"Configuration is not JSON: {error}") from error
    if not isinstance(given, dict) or given.get("Version") not in (1, 1.0):
        raise ValueError(f'Configuration must be an object with "Version": 1.0, this is {configuration}')
    grouping, output = given.get("Grouping", {}), given.get("CrawlerOutput", {})
    policy, level = grouping.get("TableGroupingPolicy"), grouping.get("TableLevelConfiguration")
    if policy not in (None, "CombineCompatibleSchemas"):
        raise ValueError(f"Configuration: TableGroupingPolicy can only be CombineCompatibleSchemas, this is {policy!r}")
    if level is not None and not (isinstance(level, int) and level >= 1):
        raise ValueError(f"Configuration: TableLevelConfiguration must be a whole number from 1 (the bucket), this is {level!r}")
    partitions, its_tables = output.get("Partitions", {}), output.get("Tables", {})
    for where, value, allowed in (
        ("Partitions", partitions.get("AddOrUpdateBehavior"), "InheritFromTable"),
        ("Tables", its_tables.get("AddOrUpdateBehavior"), "MergeNewColumns"),
    ):
        if value not in (None, allowed):
            raise ValueError(f"Configuration: CrawlerOutput.{where}.AddOrUpdateBehavior can only be {allowed}, this is {value!r}")
    return Options(
        grouping=layout.Grouping(policy is not None, level),
        inherit="AddOrUpdateBehavior" in partitions,
        merge_new_columns="AddOrUpdateBehavior" in its_tables,
        most_tables=its_tables.get("TableThreshold"),
    )


@dataclass
class Crawl:
    """A run of one crawler.

    `definition`: the crawler as GetCrawler shows it. `classifiers`: its custom ones. `s3`, `glue`:
    clients with the role's rights. `journal`: its log. `cancelled`: a threading.Event. `cache`: a
    SchemaCache. `known_folders`: folders of earlier crawls, for CRAWL_NEW_FOLDERS_ONLY; `folders`
    holds those of this one afterwards.
    """

    definition: dict
    classifiers: list
    s3: object
    glue: object
    journal: object
    cancelled: object
    cache: object
    known_folders: frozenset = frozenset()
    folders: set = field(default_factory=set)
    catalog: Catalog = None

    def run(self):
        """Crawl all targets. Raises Cancelled, botocore's ClientError, ValueError or CatalogError."""
        name, database = self.definition["Name"], self.definition["DatabaseName"]
        policy = self.definition["SchemaChangePolicy"]
        self.options = options_of(self.definition.get("Configuration"))
        self.update = policy["UpdateBehavior"] == "UPDATE_IN_DATABASE"
        self.new_only = bool(self.known_folders) and self.definition["RecrawlPolicy"]["RecrawlBehavior"] == "CRAWL_NEW_FOLDERS_ONLY"
        self.journal.benchmark(f"Running Start Crawl for Crawler {name}")
        self.journal.info(f"Crawler configured with SchemaChangePolicy {json.dumps(policy, separators=(',', ':'))}.")
        self.journal.flush()
        self.catalog = Catalog(self.glue, database)
        targets = [
            Target(target["Path"], target.get("Exclusions", ()), target.get("SampleSize"))
            for target in self.definition["Targets"].get("S3Targets", [])
        ]
        planned = [(target, table) for target in targets for table in self._plan(target)]
        if self.options.most_tables is not None and len(planned) > self.options.most_tables:
            raise ValueError(
                f"The number of tables detected by crawler: {len(planned)} is greater than the table threshold value provided: "
                f"{self.options.most_tables}."
            )
        self.journal.benchmark(f"Classification complete, writing results to database {database}")
        self.check()
        kept = {self._write(target, table) for target, table in planned}
        if not self.new_only:
            self._retire(set(self.catalog.tables) - kept)
        self._summarise()

    def check(self):
        if self.cancelled.is_set():
            raise Cancelled

    def _plan(self, target):
        objects = target.list(self.s3)
        # Folders are kept even when they are empty by now, so that a later crawl knows them.
        folders = {f"s3://{target.bucket}/{item.folder}" for item in objects}
        self.folders |= folders
        fresh = [item for item in objects if not self.new_only or f"s3://{target.bucket}/{item.folder}" not in self.known_folders]
        if not fresh:
            self.journal.info(f"No {'new ' if self.new_only else ''}objects under {target.path}")
            return []
        files = look(self.s3, target, objects, choose(fresh, target.sample_size), self.classifiers, self.cache, self.check)
        found = layout.tables(target.root, files, self.options.grouping)
        return [table for table in found if table.schema]

    def _write(self, target, table):
        """Write one table with its partitions; returns its name."""
        crawler = self.definition["Name"]
        location = tables.location(target.bucket, table.prefix)
        name, existing = self._name_for(target, table, location)
        wanted = tables.table_input(table, name, target.bucket, crawler, target.exclusions)
        self._warn_of_names(wanted)
        if existing is None:
            self.catalog.create_table(wanted)
            self.journal.info(f"Created table {name} in database {self.catalog.database}")
        elif self.update:
            if self.options.merge_new_columns:
                wanted = tables.with_new_columns_only(wanted, existing)
            if tables.differs(existing, wanted):
                self.catalog.update_table(wanted)
                self.journal.info(f"Updated table {name} in database {self.catalog.database}")
        elif tables.columns(table.schema) != existing["StorageDescriptor"].get("Columns") and not self.new_only:
            self.journal.info(f"Table {name} has another schema than before; UpdateBehavior LOG leaves it as it is")
        written = self.catalog.tables[name] = wanted if existing is None or self.update else existing
        if [key["Name"] for key in written.get("PartitionKeys", [])] != list(table.keys):
            self.journal.warning(f"Table {name} keeps its partition keys, so the folders found are not added: {', '.join(table.keys)}")
        elif table.keys:
            self._write_partitions(target, table, name, is_new=existing is None)
        return name

    def _name_for(self, target, table, location):
        """(name, the table that has it here already or None): a name taken elsewhere gets the location's hash."""
        name = tables.table_name(target.bucket, table.prefix, self.definition.get("TablePrefix", ""))
        for each in (name, tables.with_hash(name, location)):
            existing = self.catalog.tables.get(each)
            if existing is None or _location(existing) == location.rstrip("/"):
                return each, existing
        raise ValueError(f"both {name} and {tables.with_hash(name, location)} are tables elsewhere; none is left for {location}")

    def _write_partitions(self, target, table, name, is_new):
        existing = {} if is_new else self.catalog.partitions(name)
        # Partitions that inherit take the table's columns as the catalog has them now.
        inherited = self.catalog.tables[name]["StorageDescriptor"]["Columns"] if self.options.inherit else None
        whole = table.schema
        wanted = {leaf.values: tables.partition_input(leaf, target.bucket, leaf.schema or whole, inherited) for leaf in table.leaves}
        new = [each for values, each in wanted.items() if values not in existing]
        if new:
            self.catalog.create_partitions(name, new)
            self.journal.info(f"Created {len(new)} partitions for table {name} in database {self.catalog.database}")
        if self.new_only:
            return
        changed = [each for values, each in wanted.items() if values in existing and tables.differs(existing[values], each)]
        if changed and self.update:
            self.catalog.update_partitions(name, changed)
            self.journal.info(f"Updated {len(changed)} partitions for table {name} in database {self.catalog.database}")
        self._retire_partitions(name, {values: each for values, each in existing.items() if values not in wanted})

    def _retire_partitions(self, name, gone):
        behavior = self.definition["SchemaChangePolicy"]["DeleteBehavior"]
        if not gone:
            return
        if behavior == "DELETE_FROM_DATABASE":
            self.catalog.delete_partitions(name, list(gone))
        elif behavior == "DEPRECATE_IN_DATABASE":
            inputs = [
                {
                    "Values": list(values),
                    "StorageDescriptor": partition.get("StorageDescriptor", {}),
                    "Parameters": _deprecated(partition.get("Parameters", {})),
                }
                for values, partition in gone.items()
                if DEPRECATED not in partition.get("Parameters", {})
            ]
            if inputs:
                self.catalog.update_partitions(name, inputs)
        self.journal.info(f"{len(gone)} partitions of table {name} have no objects any more; DeleteBehavior is {behavior}")

    def _retire(self, names):
        """Apply DeleteBehavior to tables that this crawler made and found no objects for."""
        behavior = self.definition["SchemaChangePolicy"]["DeleteBehavior"]
        for name in sorted(names):
            table = self.catalog.tables[name]
            its_parameters = table.get("Parameters", {})
            if its_parameters.get("UPDATED_BY_CRAWLER") != self.definition["Name"]:
                continue
            if behavior == "DELETE_FROM_DATABASE":
                self.catalog.delete_table(name)
            elif behavior == "DEPRECATE_IN_DATABASE" and DEPRECATED not in its_parameters:
                self.catalog.update_table(table_input_of(table) | {"Parameters": _deprecated(its_parameters)})
            self.journal.info(f"Table {name} in database {self.catalog.database} has no objects any more; DeleteBehavior is {behavior}")

    def _warn_of_names(self, wanted):
        """Say what Athena will refuse or read otherwise than one expects; Glue writes such tables all the same."""
        name, schema_columns = wanted["Name"], {column["Name"] for column in wanted["StorageDescriptor"]["Columns"]}
        twice = schema_columns & {key["Name"] for key in wanted["PartitionKeys"]}
        if twice:
            self.journal.warning(f"Table {name}: {', '.join(sorted(twice))} is both column and partition key, which Athena refuses")

    def _summarise(self):
        self.journal.benchmark("Finished writing to Catalog")
        for entity in ("PARTITION", "TABLE"):
            counts = self.catalog.counts(entity)
            if counts:
                self.journal.info(f"Run Summary For {entity}:")
                for change in ("ADD", "UPDATE", "DELETE"):
                    if counts[change]:
                        self.journal.info(f"{change}: {counts[change]}")


def _deprecated(parameters):
    return parameters | {DEPRECATED: str(int(time.time() * 1000))}


def _location(table):
    return table.get("StorageDescriptor", {}).get("Location", "").rstrip("/")
