"""A bucket, database and crawler in the tests' local cloud."""

from tests.local_cloud import wait_for

ROLE = "Crawler-Role"
#: What docs/local-cloud.md says that a crawler's role needs.
ALLOWED = (
    "s3:ListBucket",
    "s3:GetObject",
    *(f"glue:{action}" for action in ("GetDatabase", "GetTables", "CreateTable", "UpdateTable", "GetPartitions")),
    *(f"glue:{action}" for action in ("BatchCreatePartition", "BatchUpdatePartition", "DeleteTable", "BatchDeletePartition")),
    *(f"logs:{action}" for action in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")),
)


class Site:
    """A bucket, a database and a crawler of one test."""

    def __init__(self, name, s3, glue):
        self.bucket, self.database, self.crawler = name, name.replace("-", "_"), f"{name}-crawler"
        self.s3, self.glue = s3, glue
        s3.create_bucket(Bucket=self.bucket)
        glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def create(self, *paths, **members):
        """Create the crawler over `paths` in the bucket, or over `Targets`."""
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{path}"} for path in paths]}
        given = {"Name": self.crawler, "Role": ROLE, "DatabaseName": self.database, "Targets": targets} | members
        self.glue.create_crawler(**given)

    def crawl(self):
        """Run the crawler; its LastCrawl, which must be a success."""
        self.glue.start_crawler(Name=self.crawler)
        last = self.wait()["LastCrawl"]
        assert last["Status"] == "SUCCEEDED", last
        return last

    def wait(self):
        """The crawler once it is READY."""
        return wait_for(lambda: (found := self.shown())["State"] == "READY" and found, "the crawl's end")

    def shown(self):
        return self.glue.get_crawler(Name=self.crawler)["Crawler"]

    def tables(self):
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]}

    def columns(self, table):
        """name → type, in the table's order."""
        return {column["Name"]: column["Type"] for column in self.tables()[table]["StorageDescriptor"]["Columns"]}

    def partitions(self, table, **members):
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=table, **members)
        return [partition["Values"] for page in pages for partition in page["Partitions"]]

    def metrics(self):
        return self.glue.get_crawler_metrics(CrawlerNameList=[self.crawler])["CrawlerMetricsList"][0]
