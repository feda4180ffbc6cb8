"""agent.json as settings: every problem at once, unknown keys as warnings. Defaults and ranges are those of AWS's agent."""

import json
import re
from collections import namedtuple

from kinesis_agent import converters

#: `converters`: functions of a line's bytes. Times are seconds.
Flow = namedtuple("Flow", "pattern stream start converters buffer_seconds buffer_bytes buffer_records poll_seconds")
Configuration = namedtuple("Configuration", "endpoint region checkpoint_file flows warnings")

START, END = "START_OF_FILE", "END_OF_FILE"
DEFAULT_CHECKPOINTS = "/var/lib/headwater-kinesis-agent/checkpoints"
MOST_RECORDS, MOST_BYTES = 500, 4 * 1024 * 1024

#: Keys that only concern AWS's own agent and change nothing of what is shipped.
IGNORED = {
    "cloudwatch.emitMetrics", "cloudwatch.endpoint", "cloudwatch.namespace", "cloudwatch.tagInstance", "cloudwatch.queueSize",
    "cloudwatch.metricsBufferTimeMillis", "cloudwatch.metricsQueueSize", "kinesis.endpoint", "kinesis.region", "sts.endpoint",
    "log.emitMetrics", "log.emitInternalMetrics", "log.statusReportingPeriodSeconds", "log.level", "log.file", "log.maxBackupIndex",
    "log.maxFileSize", "maxSendingThreads", "maxSendingThreadsPerCore", "maxConnections", "sendingThreadsMaxQueueSize",
    "sendingThreadsKeepAliveMillis", "connectionTimeoutMillis", "connectionTTLMillis", "socketTimeoutMillis", "useTcpKeepAlive",
    "useHttpGzip", "shutdownTimeoutMillis", "checkpointTimeToLiveDays",
}  # fmt: skip
IGNORED_OF_FLOW = {
    "partitionKeyOption", "truncatedRecordTerminator", "maxTimeBetweenFileTrackerRefreshMillis", "waitOnFullPublishQueueMillis",
    "waitOnEmptyPublishQueueMillis", "waitOnFullRetryQueueMillis", "retryInitialBackoffMillis", "retryMaxBackoffMillis",
    "publishQueueCapacity", "log.emitInternalMetrics",
}  # fmt: skip
#: Keys that change what is shipped and are not done here.
NOT_HERE = {
    "assumeRoleARN": "credentials are the instance's role's",
    "assumeRoleExternalId": "credentials are the instance's role's",
    "awsAccessKeyId": "credentials are the instance's role's",
    "awsSecretAccessKey": "credentials are the instance's role's",
    "userDefinedCredentialsProvider.classname": "credentials are the instance's role's",
    "userDefinedCredentialsProvider.location": "credentials are the instance's role's",
}
NOT_HERE_OF_FLOW = {
    "kinesisStream": "this ships to Firehose (deliveryStream) alone",
    "multiLineStartPattern": "each line is a record",
    "skipHeaderLines": "each line is a record",
    "fileFooterPattern": "each line is a record",
    "aggregatedRecordSizeBytes": "each line is a record",
}
KNOWN = {"firehose.endpoint", "firehose.region", "checkpointFile", "flows"}


class ConfigurationError(Exception):
    """What is wrong, in words for the user, a line each."""


def read(text, region=""):
    """The Configuration of an agent.json; `region` where neither the file nor the endpoint says one."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"it is a {type(found).__name__}; wanted is an object with the key flows")
    problems, warnings = [], []
    _look(found, "", KNOWN, IGNORED, NOT_HERE, problems, warnings)
    flows = found.get("flows")
    if not isinstance(flows, list) or not flows:
        problems.append(f"flows is {flows!r}; wanted is a list with an object for each flow")
        flows = []
    made = [_flow(flow, f"flows[{number}]", problems, warnings) for number, flow in enumerate(flows)]
    endpoint = _text(found, "firehose.endpoint", "", "", problems)
    if endpoint and "://" not in endpoint:
        endpoint = f"https://{endpoint}"
    named = re.match(r"https?://firehose(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.", endpoint)
    region = _text(found, "firehose.region", "", "", problems) or (named and named[1]) or region
    if not region:
        problems.append("no region is known: set firehose.endpoint to that of the region, firehose.region, or AWS_REGION")
    checkpoints = _text(found, "checkpointFile", DEFAULT_CHECKPOINTS, "", problems)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Configuration(endpoint, region, checkpoints, made, warnings)


def _look(found, where, known, ignored, not_here, problems, warnings):
    """Tell of the keys that are not used."""
    for key, value in found.items():
        if key in not_here and value not in (None, "", 0, False):
            problems.append(f"{where}{key} is not supported here: {not_here[key]}")
        elif key not in known and key not in ignored and key not in not_here:
            warnings.append(f"{where}{key} is unknown and not used")


def _flow(found, where, problems, warnings):
    if not isinstance(found, dict):
        problems.append(f"{where} is {found!r}; wanted is an object")
        return None
    known = {"filePattern", "deliveryStream", "initialPosition", "dataProcessingOptions", "maxBufferAgeMillis", "maxBufferSizeBytes",
             "maxBufferSizeRecords", "minTimeBetweenFilePollsMillis"}  # fmt: skip
    where += "."
    _look(found, where, known, IGNORED_OF_FLOW, NOT_HERE_OF_FLOW, problems, warnings)
    pattern, stream = (_text(found, key, None, where, problems) for key in ("filePattern", "deliveryStream"))
    if pattern and not pattern.startswith("/"):
        problems.append(f"{where}filePattern is {pattern!r}; wanted is an absolute path, with * and ? in it")
    start = _text(found, "initialPosition", END, where, problems)
    if start not in (START, END):
        problems.append(f"{where}initialPosition is {start!r}; wanted is {START} or {END}")
    options = found.get("dataProcessingOptions") or []
    try:
        chosen = converters.chain(options)
    except converters.OptionError as error:
        problems.append(f"{where}dataProcessingOptions{error}")
        chosen = ()
    return Flow(
        pattern,
        stream,
        start,
        chosen,
        _number(found, "maxBufferAgeMillis", 60_000, 1_000, 900_000, where, problems) / 1000,
        _number(found, "maxBufferSizeBytes", MOST_BYTES, 1, MOST_BYTES, where, problems),
        _number(found, "maxBufferSizeRecords", MOST_RECORDS, 1, MOST_RECORDS, where, problems),
        _number(found, "minTimeBetweenFilePollsMillis", 100, 1, 900_000, where, problems) / 1000,
    )


def _text(found, key, default, where, problems):
    value = found.get(key, default)
    if isinstance(value, str) and (value or default == ""):
        return value
    problems.append(f"{where}{key} is {value!r}; wanted is a text" if key in found else f"{where}{key} is missing")
    return ""


def _number(found, key, default, least, most, where, problems):
    value = found.get(key, default)
    if isinstance(value, str) and value.isdigit():
        value = int(value)  # AWS's agent reads numbers in quotes too
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    problems.append(f"{where}{key} is {value!r}; wanted is a whole number from {least} to {most}")
    return default
