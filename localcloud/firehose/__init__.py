"""Firehose: delivery streams that buffer records on disk, transform and convert them, and write them to S3.

api         Firehose's actions
definition  a stream's settings: what a request may say, defaults, changes, what is shown
store       definitions, as JSON on disk
limits      what a put may carry, and how much a stream takes a second
stream      one running stream: its queues and what becomes of each
queue       records on disk until they are due, and the thread that sees to them
spool       segments of records, as files that outlive a kill
transform   a Lambda function's requests and answers
delivery    objects in S3: names, GZIP, encryption
convert     JSON records → Parquet by a table's schema; hive_values knows its types
prefixes    expressions in prefixes and the names of objects, pure
identity    sessions of the stream's role
errorlog    delivery errors in CloudWatch Logs
meter       counts of what came in and went out
"""

from localcloud.firehose.api import Firehose

__all__ = ["Firehose"]
