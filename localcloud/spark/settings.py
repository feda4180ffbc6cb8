"""What a run may use of this machine, from the local cloud's environment."""

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class SparkSettings:
    """`memory`: the heap of a run's JVM, as Java writes it; `cores`: tasks at once; `java_options`: for the JVM;
    `minute`: seconds of a Timeout's minute.
    """

    memory: str
    cores: int
    java_options: str
    minute: float


def from_environment(environ=os.environ):
    """HEADWATER_LOCALCLOUD_SPARK_MEMORY (1536m), _CORES (2), _JAVA_OPTIONS, _MINUTE (60); ValueError says what they may be.

    By default Java's second compiler is off, which costs a short run more than it gains: 20,000 lines took 11 s of CPU instead of
    19 s, 540,000 lines 34 s instead of 42 s; from some millions on it pays. A minute is shorter in tests of timeouts.
    """
    memory = environ.get("HEADWATER_LOCALCLOUD_SPARK_MEMORY", "1536m")
    if not re.fullmatch(r"[1-9]\d*[mg]", memory):
        raise ValueError(f"HEADWATER_LOCALCLOUD_SPARK_MEMORY is a number with m or g, such as 1536m; this is {memory!r}")
    cores = environ.get("HEADWATER_LOCALCLOUD_SPARK_CORES", "2")
    if not re.fullmatch(r"[1-9]\d*", cores):
        raise ValueError(f"HEADWATER_LOCALCLOUD_SPARK_CORES is a number from 1; this is {cores!r}")
    options = environ.get("HEADWATER_LOCALCLOUD_SPARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
    return SparkSettings(memory, int(cores), options, float(environ.get("HEADWATER_LOCALCLOUD_SPARK_MINUTE", "60")))
