"""A stream's definition: what a request may say, its defaults and changes, and how DescribeDeliveryStream shows it."""

import re
import time

from localcloud.engine import ServiceError
from localcloud.firehose import prefixes, transform
from localcloud.firehose.prefixes import PrefixError

DESTINATION_ID = "destinationId-000000000001"
#: Seconds that a new stream is CREATING and encryption ENABLING; minutes on AWS.
SETTLING = 0.3
_S3 = ("ExtendedS3DestinationConfiguration", "S3DestinationConfiguration")
_OTHERS = re.compile(r"\w+(DestinationConfiguration|SourceConfiguration)")
#: Members of S3DestinationDescription; the others are extended.
_PLAIN = (
    "RoleARN",
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "EncryptionConfiguration",
    "CloudWatchLoggingOptions",
)
_DEFAULTS = {
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
}
LAMBDA_HINTS = {"BufferSizeInMBs": 1.0, "BufferIntervalInSeconds": 60.0}
#: parameter of a Lambda processor: (least, most)
_LAMBDA_RANGES = {"BufferSizeInMBs": (0.2, 3), "BufferIntervalInSeconds": (0, 900), "NumberOfRetries": (0, 300)}


def refused(message):
    return ServiceError("InvalidArgumentException", message)


def new(body, arn):
    """The record of a stream that CreateDeliveryStream asks for; ServiceError says what cannot be."""
    if body.get("DeliveryStreamType", "DirectPut") != "DirectPut":
        raise refused(f"DeliveryStreamType {body['DeliveryStreamType']} is not in the local cloud; only DirectPut is")
    for member in body:
        if _OTHERS.fullmatch(member) and member not in (*_S3, "DirectPutSourceConfiguration"):
            raise refused(f"{member} is not in the local cloud; give an ExtendedS3DestinationConfiguration")
    given = [body[member] for member in _S3 if body.get(member)]
    if len(given) != 1:
        raise refused("Exactly one destination configuration is supported for a Firehose; give an ExtendedS3DestinationConfiguration")
    now = time.time()
    record = {
        "name": body["DeliveryStreamName"],
        "arn": arn,
        "status": "ACTIVE",
        "version": 1,
        "created": now,
        "updated": None,
        "settles": now + SETTLING,
        "destination": checked(given[0]),
        "encryption": {"Status": "DISABLED"},
        "tags": tags(body.get("Tags") or []),
    }
    hint = (body.get("DirectPutSourceConfiguration") or {}).get("ThroughputHintInMBs")
    return record | ({"hint": hint} if hint else {})


def tags(listed):
    """AWS's list of tags as a dictionary; Firehose takes 50."""
    found = {tag["Key"]: tag.get("Value", "") for tag in listed}
    if len(found) > 50:
        raise ServiceError("LimitExceededException", f"A Firehose stream takes 50 tags; there are {len(found)}")
    return found


def updated(record, body):
    """The destination after an UpdateDestination; ServiceError says what cannot be."""
    if body.get("DestinationId") != DESTINATION_ID:
        raise refused(f"Destination Id {body.get('DestinationId')} not found; it is {DESTINATION_ID}")
    current = str(record["version"])
    if str(body.get("CurrentDeliveryStreamVersionId")) != current:
        raise ServiceError(
            "ConcurrentModificationException",
            f"Cannot update firehose: {record['name']} since the current version id: {current} and specified version id: "
            f"{body.get('CurrentDeliveryStreamVersionId')} do not match",
        )
    others = [member for member in body if member.endswith("DestinationUpdate") and member not in _UPDATES]
    given = [body[member] for member in _UPDATES if body.get(member) is not None]
    if others or len(given) != 1:
        raise refused("Give an ExtendedS3DestinationUpdate: a stream's kind of destination cannot be changed")
    before, change = record["destination"], dict(given[0])
    if "S3BackupUpdate" in change:
        change["S3BackupConfiguration"] = (before.get("S3BackupConfiguration") or {}) | change.pop("S3BackupUpdate")
    if before.get("S3BackupMode") == "Enabled" and change.get("S3BackupMode") == "Disabled":
        raise refused("S3BackupMode cannot be changed to Disabled once it is Enabled")
    return checked(before | change)


_UPDATES = ("ExtendedS3DestinationUpdate", "S3DestinationUpdate")


# -- what a destination may be


def checked(given):
    """An S3 destination's settings with the defaults; ServiceError says what is wrong."""
    converts = (given.get("DataFormatConversionConfiguration") or {}).get("Enabled", False)
    made = _DEFAULTS | {"BufferingHints": {"SizeInMBs": 128 if converts else 5, "IntervalInSeconds": 300}, "S3BackupMode": "Disabled"}
    made |= {member: value for member, value in given.items() if value is not None}
    _check_place(made)
    if not re.fullmatch(r"|\.[0-9a-z!\-_.*'()]+", made.get("FileExtension") or ""):
        raise refused(f"FileExtension is {made['FileExtension']!r}: a dot, then lower-case letters, digits and !-_.*'() only")
    if (made.get("DynamicPartitioningConfiguration") or {}).get("Enabled"):
        raise refused("Dynamic partitioning is not in the local cloud; use !{timestamp:…} in Prefix")
    if made.get("ProcessingConfiguration"):
        _check_processors(made["ProcessingConfiguration"])
    if made["S3BackupMode"] == "Enabled":
        if not made.get("S3BackupConfiguration"):
            raise refused("S3BackupConfiguration is missing: S3BackupMode is Enabled")
        backup = _DEFAULTS | {"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300}} | made["S3BackupConfiguration"]
        _check_place(backup)
        made["S3BackupConfiguration"] = backup
    if converts:
        _check_conversion(made)
    return made


def _check_place(made):
    """What destination and backup have in common."""
    for member, pattern in (("RoleARN", r"arn:.*:iam::\d{12}:role/\S+"), ("BucketARN", r"arn:.*:s3:::[\w.\-]{1,255}")):
        if not re.fullmatch(pattern, made.get(member) or ""):
            raise refused(f"{member} is {made.get(member)!r}, which is no ARN of a {'role' if member == 'RoleARN' else 'bucket'}")
    hints = made["BufferingHints"]
    if set(hints) != {"SizeInMBs", "IntervalInSeconds"}:
        raise refused("BufferingHints takes SizeInMBs and IntervalInSeconds, both or none")
    if not 1 <= hints["SizeInMBs"] <= 128 or not 0 <= hints["IntervalInSeconds"] <= 900:
        raise refused(f"BufferingHints has {hints}: SizeInMBs is from 1 to 128, IntervalInSeconds from 0 to 900")
    if made["CompressionFormat"] not in ("UNCOMPRESSED", "GZIP"):
        raise refused(f"CompressionFormat {made['CompressionFormat']} is not in the local cloud; UNCOMPRESSED and GZIP are")
    try:
        prefixes.check(made.get("Prefix", ""), made.get("ErrorOutputPrefix", ""))
        prefixes.check_zone(made.get("CustomTimeZone", ""))
    except PrefixError as error:
        # "Ths" is how Firehose says it.
        raise refused(f"Ths supplied prefix(es) do not satisfy the following constraint: {error}") from error
    logs = made["CloudWatchLoggingOptions"]
    if logs.get("Enabled") and not (logs.get("LogGroupName") and logs.get("LogStreamName")):
        raise refused("CloudWatchLoggingOptions is enabled and lacks LogGroupName or LogStreamName")


def _check_processors(processing):
    for processor in processing.get("Processors") or []:
        kind = processor.get("Type")
        if kind not in ("Lambda", "AppendDelimiterToRecord"):
            raise refused(f"The processor {kind} is not in the local cloud; Lambda and AppendDelimiterToRecord are")
        parameters = _parameters(processor)
        if kind == "Lambda" and not parameters.get("LambdaArn", "").startswith("arn:"):
            raise refused(f"The Lambda processor's LambdaArn is {parameters.get('LambdaArn')!r}; give the function's ARN")
        for name, (least, most) in _LAMBDA_RANGES.items() if kind == "Lambda" else ():
            _check_number(name, parameters.get(name), least, most)


def _check_number(name, text, least, most):
    try:
        fits = text is None or least <= float(text) <= most
    except ValueError:
        fits = False
    if not fits:
        raise refused(f"The Lambda processor's {name} is {text!r}; it is from {least} to {most}")


def _check_conversion(made):
    conversion = made["DataFormatConversionConfiguration"]
    table = conversion.get("SchemaConfiguration") or {}
    lacking = [member for member in ("RoleARN", "DatabaseName", "TableName") if not table.get(member)]
    if lacking:
        raise refused(f"SchemaConfiguration lacks {', '.join(lacking)}")
    if not (conversion.get("InputFormatConfiguration") or {}).get("Deserializer"):
        raise refused("InputFormatConfiguration lacks its Deserializer: OpenXJsonSerDe or HiveJsonSerDe")
    if "ParquetSerDe" not in ((conversion.get("OutputFormatConfiguration") or {}).get("Serializer") or {}):
        raise refused("OutputFormatConfiguration lacks the Serializer ParquetSerDe; OrcSerDe is not in the local cloud")
    if made["CompressionFormat"] != "UNCOMPRESSED":
        raise refused("CompressionFormat must be UNCOMPRESSED where the record format is converted; Parquet compresses by itself")
    if made["BufferingHints"]["SizeInMBs"] < 64:
        raise refused(f"SizeInMBs is {made['BufferingHints']['SizeInMBs']}; it is at least 64 where the record format is converted")


# -- what a destination says


def _parameters(processor):
    return {each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters") or []}


def processor(destination, kind):
    """The parameters of the destination's processor of a kind, None without one."""
    processing = destination.get("ProcessingConfiguration") or {}
    listed = processing.get("Processors") or [] if processing.get("Enabled") else []
    return next((_parameters(each) for each in listed if each["Type"] == kind), None)


def delimiter(destination):
    """The bytes after each record; the parameter has a line's end as backslash and n."""
    parameters = processor(destination, "AppendDelimiterToRecord")
    if parameters is None:
        return b""
    text = parameters.get("Delimiter", "\\n")
    for written, meant in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t")):
        text = text.replace(written, meant)
    return text.encode()


def conversion(destination):
    """The DataFormatConversionConfiguration if it is enabled, else None."""
    settings = destination.get("DataFormatConversionConfiguration") or {}
    return settings if settings.get("Enabled") else None


def retries(parameters):
    return int(float(parameters.get("NumberOfRetries", transform.DEFAULT_RETRIES)))


# -- what is shown


def status(record):
    """CREATING for a moment, then what the record says."""
    return "CREATING" if record["status"] == "ACTIVE" and time.time() < record["settles"] else record["status"]


def encryption(record):
    """The encryption as it is by now: changes take a moment."""
    found = dict(record["encryption"])
    settled = time.time() >= found.pop("settles", 0)
    if settled:
        found["Status"] = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}.get(found["Status"], found["Status"])
    return {"Status": "DISABLED"} if found["Status"] == "DISABLED" else found


def shown(record):
    """DeliveryStreamDescription."""
    destination = dict(record["destination"])
    backup = destination.pop("S3BackupConfiguration", None)
    extended = destination | ({"S3BackupDescription": backup} if backup else {})
    source = {"Source": {"DirectPutSourceDescription": {"ThroughputHintInMBs": record["hint"]}}} if record.get("hint") else {}
    return {
        "DeliveryStreamName": record["name"],
        "DeliveryStreamARN": record["arn"],
        "DeliveryStreamStatus": status(record),
        **({"FailureDescription": record["failure"]} if record.get("failure") else {}),
        "DeliveryStreamEncryptionConfiguration": encryption(record),
        "DeliveryStreamType": "DirectPut",
        "VersionId": str(record["version"]),
        "CreateTimestamp": record["created"],
        **({"LastUpdateTimestamp": record["updated"]} if record["updated"] else {}),
        **source,
        "Destinations": [
            {
                "DestinationId": DESTINATION_ID,
                "S3DestinationDescription": {member: destination[member] for member in _PLAIN if member in destination},
                "ExtendedS3DestinationDescription": extended,
            }
        ],
        "HasMoreDestinations": False,
    }
