"""Glue's Spark jobs, run by pyspark on this machine.

`api`: the jobs' actions · `triggers`: theirs · `definition`, `arguments`: what a job and a run are given · `runs`: a run from start to
end · `environment`, `process`, `logs`: its process · `bookmarks` · `java`: Java and the s3:// file system in `java/` · `runtime`: what a
script finds: `awsglue`, and the driver that runs it.
"""

from localcloud.spark.api import SparkJobs

__all__ = ["SparkJobs"]
