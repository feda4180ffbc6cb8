"""Glue's crawlers, really crawling: they look at a bucket's objects and write tables into the catalog.

api        Glue's actions: definitions, start, stop, schedule, metrics, history
store      definitions and past crawls, as JSON on disk
schedule   AWS cron expressions, pure; scheduler: the thread that fires them
crawl      one crawl from listing to catalog
objects    what lies under a target, and the bytes worth reading
classify   bytes → Schema; csv_text, json_text and parquet know one format each
hive_types the types of columns, and how two of them become one
layout     which folders are tables and which are partitions, pure
tables     Schema → what the catalog stores, pure
catalog    reads and writes Glue's catalog through its API
journal    the crawl's log in CloudWatch Logs
"""

from localcloud.crawler.api import Crawler

__all__ = ["Crawler"]
