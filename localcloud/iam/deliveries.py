"""What services do for others: events to functions need the function's permission, and a function's logs its role's.

MiniStack delivers without asking. Each answer stands in the journal as a line of its own. EventBridge's and SNS's
deliveries ask `may_invoke` themselves (`localcloud.eventbridge_targets`, `localcloud.sns_deliveries`).
"""

import logging
from datetime import UTC, datetime

from localcloud.engine import ServiceError
from localcloud.iam import gate, record, sessions
from localcloud.iam.questions import Question

logger = logging.getLogger(__name__)


def install():
    """Put the questions before MiniStack's deliveries."""
    _from_s3()
    _from_functions()


def may_invoke(function_arn, service, source_arn, account, region):
    """Whether a function's resource policy lets a service invoke it for `source_arn`, such as a bucket's ARN."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    with request_scope(account, region):
        function, _, _ = lambda_svc._get_func_record_for_ref(function_arn)
        policy = (function or {}).get("policy")
        context = EvalContext(
            principal_arn=service,
            principal_type="Service",
            principal_account="",
            action="lambda:InvokeFunction",
            resource_arn=function_arn,
            region=region,
            service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
        )
        allowed = bool(policy) and evaluate_resource_policy(policy, context, service=service).decision == "Allow"
    told = record.Record(service, "Invoke", [["lambda:InvokeFunction", function_arn, "allow" if allowed else "deny"]])
    record.note("lambda", told, via=service)
    if not allowed:
        logger.warning("%s may not invoke %s for %s: its resource policy does not allow it", service, function_arn, source_arn)
    return allowed


def may_role(config, questions, service):
    """Whether a function's role may do what `service` does on its behalf; `config`: the function's."""
    account, region = config["FunctionArn"].split(":")[4], config["FunctionArn"].split(":")[3]
    try:
        key = sessions.function_credentials(config)["AWS_ACCESS_KEY_ID"]
    except ServiceError as error:
        logger.warning("%s", error)
        return False
    return gate.allowed(key, questions, service, account, region, via="lambda.amazonaws.com")


def _from_s3():
    from ministack.core.responses import get_account_id
    from ministack.services import s3

    validate, deliver = s3._validate_notification_configs, s3._deliver_event_to_lambda

    def validated(configs, region, bucket="", skip_destination_validation=False):
        error = validate(configs, region, bucket, skip_destination_validation)
        if error or skip_destination_validation:
            return error
        account = s3._bucket_owner_account(bucket) or get_account_id()
        functions = dict.fromkeys(each["arn"] for each in configs if each["type"] == "lambda")
        refused = [arn for arn in functions if not may_invoke(arn, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}", account, region)]
        if refused:
            return s3._invalid_notification_config("Unable to validate the following destination configurations: " + ", ".join(refused))
        return None

    def delivered(arn, payload, region):
        bucket = payload["Records"][0]["s3"]["bucket"]["name"] if payload.get("Records") else ""
        account = s3._bucket_owner_account(bucket) or get_account_id()
        if may_invoke(arn, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}", account, region):
            deliver(arn, payload, region)

    s3._validate_notification_configs, s3._deliver_event_to_lambda = validated, delivered


def _from_functions():
    """Logs, with the role of the function."""
    from ministack.core import lambda_runtime
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch_logs, lambda_svc

    for module in (lambda_runtime, lambda_svc):
        module.execution_credentials = sessions.function_credentials
    emit = lambda_svc._emit_lambda_logs

    def emitted(function, request_id, text, error, duration, **options):
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
        _, _, _, region, account, *_ = config["FunctionArn"].split(":")
        start = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:"
        stream = f"{start}{datetime.now(UTC):%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{request_id.replace('-', '')}"
        asked = [Question("logs:CreateLogStream", stream), Question("logs:PutLogEvents", stream)]
        with request_scope(account, region):
            if group not in cloudwatch_logs._log_groups:
                asked.insert(0, Question("logs:CreateLogGroup", start))
        # Who may not write loses the lines, as on AWS.
        if may_role(config, asked, "logs"):
            emit(function, request_id, text, error, duration, **options)

    lambda_svc._emit_lambda_logs = emitted
