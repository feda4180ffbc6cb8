#!/usr/bin/python
"""Manage a Firehose delivery stream into S3."""

DOCUMENTATION = r"""
module: firehose_delivery_stream
short_description: Manage a Firehose delivery stream into S3
description:
  - Create, update or delete a delivery stream whose records are put directly and whose destination is a bucket, with a diff for each
    setting. Neither amazon.aws nor community.aws has a module for it.
  - The tags are in the call that creates the stream, so that a run which is cut off leaves no stream of nobody.
  - It returns when the stream is ACTIVE and its encryption is in force, or gone. What was buffered when a stream is deleted may be lost.
  - The log stream for delivery errors is made as well, since Firehose makes it only in the console; the log group must exist.
options:
  name:
    description: Name of the stream.
    type: str
    required: true
  role_arn:
    description: ARN of the role that writes to the bucket. Needed for C(state=present).
    type: str
    default: ""
  bucket_arn:
    description: ARN of the bucket. Needed for C(state=present).
    type: str
    default: ""
  prefix:
    description: How keys begin; may have expressions such as C(!{timestamp:yyyy}). Without a time in it Firehose adds C(yyyy/MM/dd/HH/).
    type: str
    default: ""
  error_prefix:
    description: How keys of what could not be delivered begin. Needed where O(prefix) has expressions.
    type: str
    default: ""
  compression:
    description: Of the objects; C(UNCOMPRESSED) with O(parquet), which compresses by itself.
    type: str
    choices: [GZIP, UNCOMPRESSED]
    default: GZIP
  buffer_mb:
    description: An object is written when so many MiB have come, 1 to 128; with O(parquet) at least 64.
    type: int
    default: 5
  buffer_seconds:
    description: Or when so many seconds have passed, 0 to 900.
    type: int
    default: 300
  custom_time_zone:
    description: Time zone of the expressions.
    type: str
    default: UTC
  file_extension:
    description: How keys end, such as C(.json.gz); empty for what goes with the compression.
    type: str
    default: ""
  delimiter:
    description: What is put after each record, C(\\n) for a line's end; empty for nothing.
    type: str
    default: ""
  transform:
    description: The function that transforms records.
    type: dict
    suboptions:
      function_arn:
        description: Its ARN.
        type: str
        required: true
      buffer_mb:
        description: It is given records when so many MiB have come, 0.2 to 3.
        type: float
        default: 1
      buffer_seconds:
        description: Or when so many seconds have passed, 0 to 900.
        type: int
        default: 60
      retries:
        description: How often a failed call is repeated.
        type: int
        default: 3
  parquet:
    description: Turn records of JSON into Parquet by the columns of a table.
    type: dict
    suboptions:
      database:
        description: The catalog's database.
        type: str
        required: true
      table:
        description: Its table.
        type: str
        required: true
  encryption:
    description: Of records while they wait. C(customer) needs O(encryption_key_arn).
    type: str
    choices: [none, aws_owned, customer]
    default: aws_owned
  encryption_key_arn:
    description: ARN of the customer key for it; who runs this needs C(kms:CreateGrant) on the key.
    type: str
    default: ""
  s3_kms_key_arn:
    description: ARN of the key that encrypts the objects; empty for the bucket's own setting.
    type: str
    default: ""
  log_group:
    description: Log group for delivery errors; empty for none.
    type: str
    default: ""
  log_stream:
    description: Log stream in O(log_group).
    type: str
    default: DestinationDelivery
  tags:
    description: All tags of the stream; others are removed.
    type: dict
    default: {}
  wait_timeout:
    description: Seconds to wait until AWS shows the change.
    type: int
    default: 300
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - aws_resource
author: Headwater
"""

EXAMPLES = r"""
- name: The stream of order lines is present
  firehose_delivery_stream:
    name: tbsm-red-fire
    role_arn: arn:aws:iam::123456789012:role/Firehose-Order-History-Role
    bucket_arn: arn:aws:s3:::order-history
    prefix: "raw/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
    error_prefix: "errors/!{firehose:error-output-type}/"
    buffer_mb: 64
    log_group: /aws/kinesisfirehose/tbsm-red-fire
    tags: {project: headwater}
"""

RETURN = r"""
resource:
  description: The stream as it is, or in check mode would be; empty when absent.
  type: dict
  returned: always
  sample: {name: tbsm-red-fire, status: ACTIVE, prefix: raw/, compression: GZIP, encryption: aws_owned, tags: {project: headwater}}
"""

import time

from ansible.module_utils.aws_resource import (
    ClientError,
    aws_module,
    aws_tags,
    converge,
    is_missing,
    once_possible,
    plain_tags,
    tag_changes,
)

GONE = ("ResourceNotFoundException",)
#: A role that was just made is not everywhere at once.
NEW_ROLE = ("unable to assume role",)
#: States that pass by themselves, of streams and of their encryption.
MOVING = ("CREATING", "DELETING", "ENABLING", "DISABLING")
KEY_TYPES = {"aws_owned": "AWS_OWNED_CMK", "customer": "CUSTOMER_MANAGED_CMK"}
#: What UpdateDestination changes.
DESTINATION = (
    "role_arn",
    "bucket_arn",
    "prefix",
    "error_prefix",
    "compression",
    "buffer_mb",
    "buffer_seconds",
    "custom_time_zone",
    "file_extension",
    "delimiter",
    "transform",
    "parquet",
    "s3_kms_key_arn",
    "log_group",
    "log_stream",
    "other_processors",
)


# -- what is there


def describe(firehose, logs, name):
    """The stream in the options' own shape, or None."""
    try:
        found = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        tags = all_tags(firehose, name)
    except ClientError as error:
        if is_missing(error, *GONE):
            return None
        raise
    destination = found["Destinations"][0].get("ExtendedS3DestinationDescription") or {}
    shown = {
        "name": name,
        "status": found["DeliveryStreamStatus"],
        **described_destination(destination),
        **described_encryption(found.get("DeliveryStreamEncryptionConfiguration") or {}),
        "tags": tags,
    }
    return {**shown, "log_stream_exists": log_stream_exists(logs, shown["log_group"], shown["log_stream"])}


def all_tags(firehose, name):
    """The stream's tags, page by page."""
    listed, more = [], {}
    while True:
        page = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name, **more)
        listed += page["Tags"]
        if not page["HasMoreTags"]:
            return plain_tags(listed)
        more = {"ExclusiveStartTagKey": listed[-1]["Key"]}


def described_destination(found):
    """The part of `describe` that UpdateDestination changes."""
    hints, logging = found.get("BufferingHints", {}), found.get("CloudWatchLoggingOptions", {})
    processors = processors_of(found)
    transform = processors.pop("Lambda", None)
    delimiter = processors.pop("AppendDelimiterToRecord", None)
    conversion = found.get("DataFormatConversionConfiguration", {})
    table = conversion.get("SchemaConfiguration", {}) if conversion.get("Enabled") else {}
    return {
        "role_arn": found.get("RoleARN", ""),
        "bucket_arn": found.get("BucketARN", ""),
        "prefix": found.get("Prefix", ""),
        "error_prefix": found.get("ErrorOutputPrefix", ""),
        "compression": found.get("CompressionFormat", "UNCOMPRESSED"),
        "buffer_mb": hints.get("SizeInMBs"),
        "buffer_seconds": hints.get("IntervalInSeconds"),
        "custom_time_zone": found.get("CustomTimeZone") or "UTC",
        "file_extension": found.get("FileExtension", ""),
        "delimiter": "" if delimiter is None else delimiter.get("Delimiter", "\\n"),
        "transform": described_transform(transform) if transform else {},
        "parquet": {"database": table.get("DatabaseName", ""), "table": table.get("TableName", "")} if table else {},
        "s3_kms_key_arn": found.get("EncryptionConfiguration", {}).get("KMSEncryptionConfig", {}).get("AWSKMSKeyARN", ""),
        "log_group": logging.get("LogGroupName", "") if logging.get("Enabled") else "",
        "log_stream": logging.get("LogStreamName", "") if logging.get("Enabled") else "",
        "other_processors": sorted(processors),
    }


def processors_of(destination):
    """{type: {parameter: value}} of the processors that run."""
    processing = destination.get("ProcessingConfiguration", {})
    listed = processing.get("Processors", []) if processing.get("Enabled") else []
    return {one["Type"]: {each["ParameterName"]: each["ParameterValue"] for each in one.get("Parameters", [])} for one in listed}


def described_transform(parameters):
    """AWS does not show parameters that have their default."""
    return {
        "function_arn": parameters.get("LambdaArn", ""),
        "buffer_mb": float(parameters.get("BufferSizeInMBs", 1)),
        "buffer_seconds": int(parameters.get("BufferIntervalInSeconds", 60)),
        "retries": int(parameters.get("NumberOfRetries", 3)),
    }


def described_encryption(found):
    """The kind of encryption that is in force, or the state that it is in meanwhile."""
    status = found.get("Status", "ENABLED" if found.get("KeyType") else "DISABLED")
    kind = next((name for name, key_type in KEY_TYPES.items() if key_type == found.get("KeyType")), "none")
    settled = {"ENABLED": kind, "DISABLED": "none"}.get(status)
    return {"encryption": settled or status, "encryption_key_arn": found.get("KeyARN", "") if settled not in (None, "none") else ""}


def log_stream_exists(logs, group, stream):
    """Whether Firehose can write its errors; true as well where it need not."""
    if not group:
        return True
    try:
        found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]
    except ClientError as error:
        if is_missing(error, *GONE):
            return False
        raise
    return any(one["logStreamName"] == stream for one in found)


# -- what is to be


def wanted_stream(params):
    """The options in the shape of `describe`."""
    asked = {key: params[key] for key in ("name", *DESTINATION, "encryption", "encryption_key_arn", "tags") if key != "other_processors"}
    return {
        **asked,
        "status": "ACTIVE",
        "transform": params["transform"] or {},
        "parquet": params["parquet"] or {},
        "log_stream": params["log_stream"] if params["log_group"] else "",
        "log_stream_exists": True,
        "other_processors": [],
    }


def destination(after):
    """What creating and updating spell alike."""
    key = after["s3_kms_key_arn"]
    logged = {"Enabled": True, "LogGroupName": after["log_group"], "LogStreamName": after["log_stream"]}
    made = processors(after)
    return {
        "RoleARN": after["role_arn"],
        "BucketARN": after["bucket_arn"],
        "Prefix": after["prefix"],
        "ErrorOutputPrefix": after["error_prefix"],
        "CompressionFormat": after["compression"],
        "BufferingHints": {"SizeInMBs": after["buffer_mb"], "IntervalInSeconds": after["buffer_seconds"]},
        "CustomTimeZone": after["custom_time_zone"],
        "FileExtension": after["file_extension"],
        "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}} if key else {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": logged if after["log_group"] else {"Enabled": False},
        "ProcessingConfiguration": {"Enabled": bool(made), "Processors": made},
        "DataFormatConversionConfiguration": conversion(after),
    }


def processors(after):
    """The processors, in the order in which Firehose applies them."""
    made, function = [], after["transform"]
    if function:
        parameters = {
            "LambdaArn": function["function_arn"],
            "NumberOfRetries": str(function["retries"]),
            "BufferSizeInMBs": f"{function['buffer_mb']:g}",
            "BufferIntervalInSeconds": str(function["buffer_seconds"]),
        }
        made.append({"Type": "Lambda", "Parameters": listed(parameters)})
    if after["delimiter"]:
        made.append({"Type": "AppendDelimiterToRecord", "Parameters": listed({"Delimiter": after["delimiter"]})})
    return made


def listed(parameters):
    return [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]


def conversion(after):
    """Of JSON into Parquet by a table, or none."""
    table = after["parquet"]
    if not table:
        return {"Enabled": False}
    return {
        "Enabled": True,
        "SchemaConfiguration": {"RoleARN": after["role_arn"], "DatabaseName": table["database"], "TableName": table["table"]},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    }


def encryption_input(after):
    """What StartDeliveryStreamEncryption takes."""
    key = {"KeyARN": after["encryption_key_arn"]} if after["encryption"] == "customer" else {}
    return {"KeyType": KEY_TYPES[after["encryption"]], **key}


# -- making it so


class Stream:
    """The calls for one stream; `module` is for its waiting time and its errors."""

    def __init__(self, module, firehose, logs, name):
        self.module, self.firehose, self.logs, self.name = module, firehose, logs, name

    def describe(self):
        return describe(self.firehose, self.logs, self.name)

    def apply(self, before, after):
        """Make AWS match `after`."""
        if before is not None and before["status"] != "ACTIVE":
            before = self.settled()
        if before is not None and (after is None or before["status"] != "ACTIVE"):
            self.delete(before)
            before = None
        if after is None:
            return
        if not (before and before["log_stream_exists"] and before["log_stream"] == after["log_stream"]):
            self.make_log_stream(after)
        if before is None:
            self.create(after)
        else:
            self.update(before, after)
        made = self.settled()
        if made and "FAILED" in made["status"] + made["encryption"]:
            self.fail()

    def create(self, after):
        more = {"Tags": aws_tags(after["tags"])} if after["tags"] else {}
        if after["encryption"] != "none":
            more["DeliveryStreamEncryptionConfigurationInput"] = encryption_input(after)
        once_possible(
            lambda: self.firehose.create_delivery_stream(
                DeliveryStreamName=self.name,
                DeliveryStreamType="DirectPut",
                ExtendedS3DestinationConfiguration=destination(after),
                **more,
            ),
            NEW_ROLE,
        )

    def update(self, before, after):
        if any(before[key] != after[key] for key in DESTINATION):
            once_possible(lambda: self.update_destination(after), (*NEW_ROLE, "ConcurrentModificationException"))
        if any(before[key] != after[key] for key in ("encryption", "encryption_key_arn")):
            if after["encryption"] == "none":
                self.firehose.stop_delivery_stream_encryption(DeliveryStreamName=self.name)
            else:
                self.firehose.start_delivery_stream_encryption(
                    DeliveryStreamName=self.name, DeliveryStreamEncryptionConfigurationInput=encryption_input(after)
                )
        to_set, to_remove = tag_changes(before["tags"], after["tags"])
        if to_set:
            self.firehose.tag_delivery_stream(DeliveryStreamName=self.name, Tags=aws_tags(to_set))
        if to_remove:
            self.firehose.untag_delivery_stream(DeliveryStreamName=self.name, TagKeys=to_remove)

    def update_destination(self, after):
        found = self.firehose.describe_delivery_stream(DeliveryStreamName=self.name)["DeliveryStreamDescription"]
        self.firehose.update_destination(
            DeliveryStreamName=self.name,
            CurrentDeliveryStreamVersionId=found["VersionId"],
            DestinationId=found["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate=destination(after),
        )

    def make_log_stream(self, after):
        """The log stream for errors, in a group that is there."""
        if not after["log_group"]:
            return
        try:
            self.logs.create_log_stream(logGroupName=after["log_group"], logStreamName=after["log_stream"])
        except ClientError as error:
            if is_missing(error, *GONE):
                self.module.fail_json(
                    msg=f"Delivery stream {self.name!r}: the log group {after['log_group']!r} for its errors does not exist; "
                    "declare it in logs_groups, or give no log_group"
                )
            if not is_missing(error, "ResourceAlreadyExistsException"):
                raise

    def delete(self, before):
        """Delete the stream and wait until it is gone; until then its name is taken."""
        if before["status"] != "DELETING":
            self.firehose.delete_delivery_stream(DeliveryStreamName=self.name)
        if self.settled(gone=True) is not None:
            self.module.fail_json(
                msg=f"Delivery stream {self.name!r} is still there {self.module.params['wait_timeout']} s after its deletion"
            )

    def settled(self, gone=False):
        """The stream once its state no longer changes by itself, or, with `gone`, is gone."""
        deadline, pause = time.monotonic() + self.module.params["wait_timeout"], 0.05
        while (found := self.describe()) and (gone or found["status"] in MOVING or found["encryption"] in MOVING):
            if time.monotonic() > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 2, 5)
        return found

    def fail(self):
        """Say why AWS could not make the stream or encrypt it."""
        found = self.firehose.describe_delivery_stream(DeliveryStreamName=self.name)["DeliveryStreamDescription"]
        encryption = found.get("DeliveryStreamEncryptionConfiguration", {})
        why = found.get("FailureDescription") or encryption.get("FailureDescription") or {}
        self.module.fail_json(
            msg=f"Delivery stream {self.name!r} is {found['DeliveryStreamStatus']}, its encryption {encryption.get('Status')}: "
            f"{why.get('Type', 'unknown')}: {why.get('Details', 'AWS does not say why')}"
        )


def main():
    """Compare, then act only on a difference."""
    function = {
        "function_arn": {"required": True},
        "buffer_mb": {"type": "float", "default": 1},
        "buffer_seconds": {"type": "int", "default": 60},
        "retries": {"type": "int", "default": 3},
    }
    module = aws_module(
        {
            "name": {"required": True},
            "role_arn": {"default": ""},
            "bucket_arn": {"default": ""},
            "prefix": {"default": ""},
            "error_prefix": {"default": ""},
            "compression": {"choices": ["GZIP", "UNCOMPRESSED"], "default": "GZIP"},
            "buffer_mb": {"type": "int", "default": 5},
            "buffer_seconds": {"type": "int", "default": 300},
            "custom_time_zone": {"default": "UTC"},
            "file_extension": {"default": ""},
            "delimiter": {"default": ""},
            "transform": {"type": "dict", "options": function},
            "parquet": {"type": "dict", "options": {"database": {"required": True}, "table": {"required": True}}},
            "encryption": {"choices": ["none", "aws_owned", "customer"], "default": "aws_owned"},
            "encryption_key_arn": {"default": "", "no_log": False},
            "s3_kms_key_arn": {"default": "", "no_log": False},
            "log_group": {"default": ""},
            "log_stream": {"default": "DestinationDelivery"},
            "tags": {"type": "dict", "default": {}},
            "wait_timeout": {"type": "int", "default": 300},
        },
    )
    params = module.params
    if params["state"] == "present":
        lacking = [name for name in ("role_arn", "bucket_arn") if not params[name]]
        if lacking:
            module.fail_json(msg=f"Delivery stream {params['name']!r}: {' and '.join(lacking)} missing")
        if (params["encryption"] == "customer") != bool(params["encryption_key_arn"]):
            module.fail_json(
                msg=f"Delivery stream {params['name']!r}: encryption is {params['encryption']!r} and encryption_key_arn "
                f"{params['encryption_key_arn']!r}; a customer key goes with encryption: customer, and only with that"
            )
    stream = Stream(module, module.client("firehose"), module.client("logs"), params["name"])
    converge(module, f"Delivery stream {params['name']!r}", stream.describe, stream.apply, wanted_stream(params))


if __name__ == "__main__":
    main()
