"""Glue job transform-order-history: raw order lines → the partitioned table; the AWS edge of the package order_history.

A run works on arrival days: those with files that the bookmark has not seen, or those of --days. It reads all files of such
a day, so a day that is run again gives the same table. What it writes nobody reads until the partitions are switched, and the
bookmark moves last: a run that is cut off is done again by the next one. See README.md.
"""

import json
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from botocore.config import Config
from order_history import audit, places, settings, steps, versions
from py4j.protocol import Py4JError
from pyspark.context import SparkContext
from pyspark.errors import PySparkException

THREADS = 16
MAX_ENTRIES, MAX_DELETED_PARTITIONS, MAX_DELETED_OBJECTS = 100, 25, 1000


def main():
    """One run; what Glue sees of a failure is the exception."""
    arguments = getResolvedOptions(sys.argv, ["JOB_NAME", *settings.NAMES])
    given = settings.parse(arguments)
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    started = datetime.now(UTC)
    run = f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    bucket, catalog = Bucket(), Catalog(given)
    days = given.days or new_days(context, given, bucket)
    print(f"run {run}: arrival days {', '.join(days) or 'none'}")
    if days:
        transform(context.spark_session, given, bucket, catalog, run, days, started)
    clean(given, bucket, catalog)
    job.commit()


def new_days(context, given, bucket):
    """The arrival days that have files which no committed run saw, by the bookmark.

    Files are read as CSV with a separator that occurs nowhere, so each line is a record, whatever is in it. Where that fails,
    as it does on a damaged gzip file, the days are those that have other files now than when they were last done.
    """
    try:
        found = new_files(context, given.raw)
    except (PySparkException, Py4JError) as error:
        print(f"new files cannot be read, so days are looked for by their sizes: {str(error).splitlines()[0]}")
        return changed_days(given, bucket)
    for address in found:
        if places.day_of(address) is None:
            print(f"left alone, since it lies in no folder of an arrival day: {address}")
    return tuple(sorted({places.day_of(address) for address in found} - {None}))


def new_files(context, raw):
    """Addresses of the files that no committed run saw."""
    frame = context.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [raw.url()], "recurse": True},
        format="csv",
        format_options={"separator": "\u0001", "quoteChar": -1, "withHeader": False, "attachFilename": "source_file"},
        transformation_ctx="raw_files",
    ).toDF()
    if "source_file" not in frame.columns:
        return []
    return [row["source_file"] for row in frame.select("source_file").distinct().collect()]


def changed_days(given, bucket):
    """The arrival days whose files are not those of their audit record."""
    now = {}
    for key, _, size in bucket.list(given.raw.bucket, given.raw.prefix):
        day = places.day_of("/" + key)
        if day and size and not key.rpartition("/")[2].startswith(("_", ".")):
            files_before, size_before = now.get(day, (0, 0))
            now[day] = (files_before + 1, size_before + size)
    then = {}
    for key, _, _ in bucket.list(given.audit.bucket, given.audit.prefix):
        record = json.loads(bucket.get(given.audit.bucket, key))
        then[places.day_of("/" + record["source"]["key"])] = (record["source"]["files"], record["source"]["size"])
    return tuple(sorted(day for day in {*now, *then} if now.get(day, (0, 0)) != then.get(day)))


def transform(spark, given, bucket, catalog, run, days, started):
    """Make the table what the raw files of `days`, and the other days' as they are, come to."""
    counts, listed = steps.transform(
        spark,
        given.raw.url(),
        days,
        run,
        (given.curated.url(), given.rejected.url()),
        usd_rate=given.usd_rate,
        high_value_usd=given.high_value_usd,
        require_customer=given.require_customer,
    )
    switch(given, bucket, catalog, run, days)
    for name in days:
        write_audit(given, bucket, run, name, counts[name], listed, started)


def switch(given, bucket, catalog, run, days):
    """Carry over what arrived on other days, then make the run's versions the table, an invoice day at a time."""
    found, registered = curated_files(given, bucket), catalog.partitions(given.curated)

    def new_key(each):
        name = each.key.rpartition("/")[2]
        folder = places.version_folder(each.partition, run)
        return f"{given.curated.prefix}{folder}{places.ARRIVED}={each.arrived}/{name}"

    plan = versions.plan_switch(found, registered, run, days, new_key)
    bucket.copy(given.curated.bucket, plan.copies)
    catalog.switch(plan, registered, run, datetime.now(UTC))
    print(f"switched {len(plan.partitions)} partitions of {len(plan.days)} days; {len(plan.copies)} files were carried over")


def write_audit(given, bucket, run, name, day, listed, started):
    """Write an arrival day's counts, and remove what earlier runs rejected of it."""
    folder = f"{given.rejected.prefix}{places.ARRIVED}={name}/"
    keys = [key for key, _, _ in bucket.list(given.rejected.bucket, folder)]
    own = [key for key in keys if key.startswith(f"{folder}{places.RUN}={run}/")]
    sizes = [size for _, size, arrived in listed if arrived == name]
    record = audit.record(
        name,
        day,
        bucket=given.raw.bucket,
        folder=given.raw.prefix + places.day_folder(name),
        files=len(sizes),
        size=sum(sizes),
        run=run,
        event_time=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        settings={
            "usd_rate": str(given.usd_rate),
            "high_value_usd": str(given.high_value_usd),
            "require_customer": given.require_customer,
        },
        outputs={"processed": given.curated.prefix if day.kept else None, "rejected": own[0] if own else None},
    )
    bucket.put(given.audit.bucket, f"{given.audit.prefix}{places.ARRIVED}={name}.json", json.dumps(record, ensure_ascii=False))
    bucket.delete(given.rejected.bucket, [key for key in keys if key not in own])
    print(json.dumps({"arrived": name, **record["rows"], "unmapped_countries": record["unmapped_countries"]}, ensure_ascii=False))


def clean(given, bucket, catalog):
    """Delete what no query can be reading any more."""
    plan = versions.plan_cleaning(curated_files(given, bucket), catalog.partitions(given.curated), datetime.now(UTC))
    catalog.delete(plan.partitions)
    bucket.delete(given.curated.bucket, plan.keys)
    if plan.keys or plan.partitions:
        print(f"deleted {len(plan.keys)} superseded or unfinished files and {len(plan.partitions)} empty partitions")


def curated_files(given, bucket):
    """A CuratedFile for each object of the table's folder that has the table's layout."""
    place = given.curated
    found = (places.curated_file(place.prefix, key, modified) for key, modified, _ in bucket.list(place.bucket, place.prefix))
    return [each for each in found if each]


def batches(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


class Bucket:
    """Objects of S3."""

    def __init__(self):
        self.s3 = boto3.client("s3", config=Config(max_pool_connections=THREADS, retries={"mode": "standard", "max_attempts": 10}))

    def list(self, bucket, prefix):
        """[(key, when it was written, bytes)]"""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [(entry["Key"], entry["LastModified"], entry["Size"]) for page in pages for entry in page.get("Contents", [])]

    def get(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def put(self, bucket, key, text):
        self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")

    def copy(self, bucket, pairs):
        """Copy objects within a bucket, [(key, new key)], side by side."""

        def one(pair):
            self.s3.copy_object(Bucket=bucket, Key=pair[1], CopySource={"Bucket": bucket, "Key": pair[0]})

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(one, pairs))

    def delete(self, bucket, keys):
        for batch in batches(keys, MAX_DELETED_OBJECTS):
            answer = self.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True})
            if answer.get("Errors"):
                raise RuntimeError(f"S3 did not delete {len(answer['Errors'])} objects of {bucket}, the first: {answer['Errors'][0]}")


class Catalog:
    """The table's partitions in Glue's catalog."""

    def __init__(self, given):
        self.glue = boto3.client("glue", config=Config(max_pool_connections=THREADS, retries={"mode": "standard", "max_attempts": 10}))
        self.table = {"DatabaseName": given.database, "TableName": given.table}
        self.curated = given.curated

    def partitions(self, place):
        """{(country, ISO date): Registered}"""
        pages = self.glue.get_paginator("get_partitions").paginate(**self.table, ExcludeColumnSchema=True)
        found = {}
        for entry in (entry for page in pages for entry in page["Partitions"]):
            partition, location = tuple(entry["Values"]), entry.get("StorageDescriptor", {}).get("Location", "")
            version = places.version_of(place, location)
            found[partition] = versions.read_registered(version, entry.get("Parameters", {}), partition, location)
        return found

    def switch(self, plan, registered, run, now):
        """Register the run's versions: at most two calls for an invoice day, whose partitions change together."""
        table = self.glue.get_table(DatabaseName=self.table["DatabaseName"], Name=self.table["TableName"])["Table"]

        def entry(partition):
            location = self.curated.url(places.version_folder(partition, run))
            descriptor = {**table["StorageDescriptor"], "Location": location}
            parameters = versions.parameters(registered.get(partition), now)
            return {"Values": list(partition), "StorageDescriptor": descriptor, "Parameters": parameters}

        def one(day):
            create, update = plan.days[day]
            for batch in batches([entry(each) for each in create], MAX_ENTRIES):
                self._checked(self.glue.batch_create_partition(**self.table, PartitionInputList=batch), day)
            for batch in batches([{"PartitionValueList": list(each), "PartitionInput": entry(each)} for each in update], MAX_ENTRIES):
                self._checked(self.glue.batch_update_partition(**self.table, Entries=batch), day)

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(one, sorted(plan.days)))

    def delete(self, partitions):
        for batch in batches([{"Values": list(each)} for each in partitions], MAX_DELETED_PARTITIONS):
            self._checked(self.glue.batch_delete_partition(**self.table, PartitionsToDelete=batch), "empty partitions")

    @staticmethod
    def _checked(answer, what):
        if answer.get("Errors"):
            raise RuntimeError(f"Glue refused {len(answer['Errors'])} partitions of {what}, the first: {answer['Errors'][0]}")


if __name__ == "__main__":
    main()
