"""Delivery errors in CloudWatch Logs, in the form in which Firehose writes them there, with the stream's role."""

import json
import logging
import time

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.engine import ServiceError

logger = logging.getLogger(__name__)


def write(roles, region, record, destination, code, message, **more):
    """One line about a failure. `destination`: the S3 settings that were used, `more`: members such as `processor`.

    A log that cannot be written stops nothing.
    """
    options = destination.get("CloudWatchLoggingOptions") or {}
    logger.info("firehose %s: %s: %s", record["name"], code, message)
    if not options.get("Enabled"):
        return
    line = {
        "deliveryStreamARN": record["arn"],
        "destination": destination["BucketARN"],
        "deliveryStreamVersionId": record["version"],
        "message": message,
        "errorCode": code,
        **more,
    }
    try:
        logs = roles.client(destination["RoleARN"], "logs", region)
        logs.put_log_events(
            logGroupName=options["LogGroupName"],
            logStreamName=options["LogStreamName"],
            logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(line)}],
        )
    except ClientError as error:
        roles.failed(destination["RoleARN"], error)
        logger.warning("firehose %s: the error log could not be written: %s", record["name"], error)
    except (BotoCoreError, ServiceError) as error:
        logger.warning("firehose %s: the error log could not be written: %s", record["name"], error)
