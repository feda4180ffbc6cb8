"""Spark itself: s3:// as Hadoop sees it, Glue's frames, bookmarks, the catalog. A Spark session costs seconds, so runs are few."""

import gzip
import json

from tests.local_cloud import create_role

FRAMES = """
    import sys
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext
    from pyspark.sql import functions as F

    args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
    b = "s3://" + args["bucket"]
    glue = GlueContext(SparkContext.getOrCreate())
    spark = glue.spark_session
    job = Job(glue)
    job.init(args["JOB_NAME"], args)

    def say(what, value):
        print(what, sorted(value) if isinstance(value, (list, set)) else value, flush=True)
"""

FILES = (
    FRAMES
    + """
    # What was put is read: text of several gzip files, names with blanks, hidden files left out.
    raw = spark.read.text(b + "/raw/")
    say("lines", raw.count())
    rows = spark.read.json(raw.rdd.map(lambda row: row.value))
    say("columns", rows.columns)
    rows.write.partitionBy("country").parquet(b + "/out/")
    say("by country", [tuple(row) for row in spark.read.parquet(b.replace("s3:", "s3a:") + "/out/").groupBy("country").sum("n").collect()])

    # A partition is replaced, the others stay.
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    rows.where("country = 'EIRE'").limit(1).write.mode("overwrite").partitionBy("country").parquet(b + "/out/")
    say("after overwrite", [tuple(row) for row in spark.read.parquet(b + "/out/").groupBy("country").count().collect()])

    # The file system's own calls.
    hadoop = spark._jvm.org.apache.hadoop.fs
    path = lambda name: hadoop.Path(b + name)
    fs = path("/").getFileSystem(spark._jsc.hadoopConfiguration())
    out = fs.create(path("/fs/a b/one+two%.txt"))
    out.write(bytearray(b"0123456789"))
    say("before close", fs.exists(path("/fs/a b/one+two%.txt")))
    out.close()
    say("after close", fs.getFileStatus(path("/fs/a b/one+two%.txt")).getLen())
    opened = fs.open(path("/fs/a b/one+two%.txt"))
    opened.seek(8)
    one = opened.read()
    opened.seek(2)
    say("seek", chr(one) + chr(opened.read()))
    say("rename", fs.rename(path("/fs/a b"), path("/fs/c")))
    say("listed", [each.getPath().toString() for each in fs.listStatus(path("/fs/c"))])
    say("deleted", [fs.delete(path("/fs"), True), fs.exists(path("/fs/c"))])
    say("nothing", fs.rename(path("/absent"), path("/else")))

    # More than one part.
    spark.range(0, 700000).select(F.sha2(F.col("id").cast("string"), 512).alias("h")).coalesce(1).write.text(b + "/large/")
    say("large", spark.read.text(b + "/large/").distinct().count())

    # What the role may not do is an error that says so.
    try:
        spark.read.text("s3://not-mine/").count()
    except Exception as error:
        say("forbidden", "Status Code: 403" in str(error) or "Access Denied" in str(error))
    job.commit()
"""
)

BOOKMARKS = (
    FRAMES
    + """
    frame = glue.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [b + "/raw/"], "recurse": True, "exclusions": '["**.tmp"]'},
        format="csv",
        format_options={"separator": "\\u0001", "quoteChar": -1, "withHeader": False, "attachFilename": "source_file"},
        transformation_ctx="raw",
    )
    seen = frame.toDF()
    names = seen.select("source_file").distinct().collect() if "source_file" in seen.columns else []
    say("new", [row[0].rpartition("/")[2] for row in names])
    if "--fail" in sys.argv:
        raise RuntimeError("before the commit")
    if "--catalog" in sys.argv:
        table = glue.create_dynamic_frame.from_catalog(database="orders", table_name="rows", push_down_predicate="day >= 2").toDF()
        say("catalog", [tuple(row) for row in table.collect()])
        say("types", table.dtypes)
        back = DynamicFrame.fromDF(table, glue, "back")
        options = {"path": b + "/written/", "partitionKeys": ["day"]}
        glue.write_dynamic_frame.from_options(back, "s3", options, "json")
        say("written", [tuple(row) for row in spark.read.json(b + "/written/").select("n", "day").collect()])
        named = {"paths": [b + "/csv/"]}
        headed = glue.create_dynamic_frame.from_options("s3", named, "csv", {"withHeader": True, "separator": ";"}).toDF()
        say("csv", [*map(tuple, headed.collect())])
        say("header", headed.columns)
        try:
            glue.create_dynamic_frame.from_options("dynamodb", {})
        except NotImplementedError as error:
            say("refused", "docs/local-cloud.md" in str(error))
    job.commit()
"""
)


def told(lines):
    """{what: value's text} of what a script said."""
    return dict(line.split(" ", 1) if not line.startswith(WORDS) else split(line) for line in lines)


WORDS = ("by country", "after overwrite", "before close", "after close")


def split(line):
    word = next(word for word in WORDS if line.startswith(word))
    return word, line.removeprefix(word).strip()


def json_lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_spark_reads_and_writes_s3_with_the_roles_rights(site, cloud):
    rows = [{"n": number, "country": ("EIRE", "United Kingdom")[number % 2]} for number in range(100)]
    for part in range(2):
        site.put(f"raw/day={part}/x {part}.gz", gzip.compress(json_lines(*rows[part * 50 : part * 50 + 50]).encode()))
    site.put("raw/_hidden", "not a line")
    cloud.client("s3").create_bucket(Bucket="not-mine")
    refuse = {"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::not-mine", "arn:aws:s3:::not-mine/*"]}
    role = create_role(cloud.client("iam"), "Not-Everywhere", allow=["s3:*", "logs:*"])["RoleName"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [refuse]})
    cloud.client("iam").put_role_policy(RoleName=role, PolicyName="not-mine", PolicyDocument=document)
    site.create(FILES, Role=role, DefaultArguments={"--bucket": site.name})
    found = told(site.succeeded())
    assert found == {
        "lines": "100",
        "columns": "['country', 'n']",
        "by country": "[('EIRE', 2450), ('United Kingdom', 2500)]",
        "after overwrite": "[('EIRE', 1), ('United Kingdom', 50)]",
        "before close": "False",
        "after close": "10",
        "seek": "82",
        "rename": "True",
        "listed": f"['s3://{site.name}/fs/c/one+two%.txt']",
        "deleted": "[False, True]",
        "nothing": "False",
        "large": "700000",
        "forbidden": "True",
    }
    keys = site.keys()
    assert not [key for key in keys if "_temporary" in key or key.endswith((".crc", "/")) or "spark-staging" in key]
    large = site.s3.list_objects_v2(Bucket=site.name, Prefix="large/part-")["Contents"][0]
    assert large["Size"] == 700000 * 129
    assert large["ETag"].endswith('-2"')


def test_bookmarks_and_catalog(site):
    def put(name, folder="raw"):
        site.put(f"{folder}/{name}", json_lines({"n": 1}))

    site.glue.create_database(DatabaseInput={"Name": "orders"})
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    columns = [{"Name": "n", "Type": "bigint"}, {"Name": "note", "Type": "string"}]
    for day in (1, 2, 3):
        site.put(f"table/{day}/a b.json", json_lines({"n": day}))
    storage = lambda day: {"Columns": columns, "Location": f"s3://{site.name}/table/{day}", "SerdeInfo": serde}  # noqa: E731 - one line
    table = {"Name": "rows", "StorageDescriptor": storage(""), "PartitionKeys": [{"Name": "day", "Type": "int"}]}
    site.glue.create_table(DatabaseName="orders", TableInput=table)
    inputs = [{"Values": [str(day)], "StorageDescriptor": storage(day)} for day in (1, 2, 3)]
    site.glue.batch_create_partition(DatabaseName="orders", TableName="rows", PartitionInputList=inputs)
    site.put("csv/a.csv", "name;size\nx;1\n")

    put("a.json")
    put("b.json")
    put("b.json.tmp")
    put("a.json", folder="raw2")
    on = {"--bucket": site.name, "--job-bookmark-option": "job-bookmark-enable"}
    site.create(BOOKMARKS, DefaultArguments=on)
    failed = site.ended(site.start(Arguments={"--fail": "yes"}))
    assert failed["JobRunState"] == "FAILED"
    assert told(site.log(failed["Id"], "output")) == {"new": "['a.json', 'b.json']"}  # nothing was committed
    found = told(site.succeeded(Arguments={"--catalog": "yes"}))
    assert found == {
        "new": "['a.json', 'b.json']",
        "catalog": "[(2, None, 2), (3, None, 3)]",
        "types": "[('day', 'int'), ('n', 'bigint'), ('note', 'string')]",
        "written": "[(2, 2), (3, 3)]",
        "csv": "[('x', '1')]",
        "header": "['name', 'size']",
        "refused": "True",
    }
    assert not [key for key in site.keys("written/") if "_SUCCESS" in key]
    entry = site.glue.get_job_bookmark(JobName=site.name)["JobBookmarkEntry"]
    assert entry["Run"] == 1
    assert set(json.loads(entry["JobBookmark"])["raw"]) == {f"s3://{site.name}/raw/{name}.json" for name in "ab"}
    put("c.json")
    put("a.json")  # changed, as its time tells
    pause = told(site.succeeded(Arguments={"--job-bookmark-option": "job-bookmark-pause"}))
    assert pause == {"new": "['a.json', 'c.json']"}
    assert site.glue.get_job_bookmark(JobName=site.name)["JobBookmarkEntry"]["Run"] == 1
    site.glue.reset_job_bookmark(JobName=site.name)
    assert json.loads(site.glue.get_job_bookmark(JobName=site.name)["JobBookmarkEntry"]["JobBookmark"]) == {}
