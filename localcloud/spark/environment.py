"""What the process of a run finds: its Python, its packages, Spark's configuration, its variables."""

import importlib.util
import os
import sys
from pathlib import Path

from localcloud import lambda_python
from localcloud.spark import java

#: What a script may import here of what Glue 5 brings along, besides the standard library, awsglue and Spark.
PACKAGES = (*lambda_python.RUNTIME_PACKAGES, "pyspark", "py4j", "numpy", "pandas", "pyarrow", "pytz", "tzdata")
RUNTIME = Path(__file__).with_name("runtime")
#: In the environment of each process of a run, by which they are found.
MARK = "HEADWATER_GLUE_RUN"

_LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %p [%t] %c{1}: %m%n%ex
logger.glue.name = GlueLogger
logger.glue.level = info
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def prepare(folder):
    """Links to the packages of a run below `folder`, and an interpreter that sees nothing else of this environment."""
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            continue
        origin = Path(spec.origin)
        lambda_python.link(packages, origin)
        libraries = origin.parent.with_name(f"{name}.libs")  # what the package's own libraries are linked with
        if origin.name == "__init__.py" and libraries.exists():
            lambda_python.link(packages, libraries)
    lambda_python.link(packages, lambda_python.PLUGIN)
    for path in RUNTIME.iterdir():
        if path.name != "__pycache__":
            lambda_python.link(packages, path)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {lambda_python.quoted(sys._base_executable)} -S "$@"\n')
    python.chmod(0o755)
    return python, packages


def scratch(folder):
    """Where a run's temporary files are; they go with the run's folder."""
    return folder / "tmp"


def spark_defaults(spark, libraries, folder, more=()):
    """Spark's configuration of a run, by name. `libraries`: the folder of s3://; `more`: (name, value) of the job's own."""
    file_system = "headwater.S3FileSystem"
    return {
        "spark.master": f"local[{spark.cores}]",
        "spark.driver.memory": spark.memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": str(libraries),
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Djava.io.tmpdir={scratch(folder)} {spark.java_options}".rstrip(),
        "spark.hadoop.fs.s3.impl": file_system,
        "spark.hadoop.fs.s3a.impl": file_system,
        "spark.hadoop.fs.s3n.impl": file_system,
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # without .crc files
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.sql.sources.outputCommitterClass": "headwater.S3Committer",
        "spark.sql.parquet.output.committer.class": "headwater.S3Committer",
        "spark.sql.warehouse.dir": f"file://{folder}/warehouse",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(4 * spark.cores),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **dict(more),
    }


def write_configuration(folder, defaults):
    """Spark's configuration files; returns their folder."""
    configuration = folder / "conf"
    configuration.mkdir(parents=True)
    (configuration / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in defaults.items()))
    (configuration / "log4j2.properties").write_text(_LOG4J)
    return configuration


def variables(settings, region, credentials, run_id, python, packages, configuration, folder, home):
    """The environment of a run's process."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(scratch(folder)),
        "SPARK_LOCAL_DIRS": str(scratch(folder)),
        "TZ": "UTC",
        "JAVA_HOME": str(home),
        "SPARK_HOME": str(java.spark_home()),
        "SPARK_CONF_DIR": str(configuration),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": str(packages),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_DRIVER_PYTHON": str(python),
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "strict=strict_botocore",
        MARK: run_id,
    }
