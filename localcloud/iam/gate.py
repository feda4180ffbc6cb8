"""The gate: asks MiniStack's evaluator for everything that a request needs, and writes down what was asked.

MiniStack's own dispatch asks for one action on one resource. `install` puts this gate in its place, so that its
requests are held to `questions` too; `admit` is the same gate for what the front sends elsewhere.
"""

import contextvars
import json
import re
import uuid
from urllib.parse import parse_qs, quote

from localcloud.iam import calls, keys, objects, passing, questions, record
from localcloud.iam.questions import Question

#: Namespaces of actions → MiniStack's names of the services that keep the resources' own policies.
_SERVICES = {"cloudwatch": "monitoring"}
_call = contextvars.ContextVar("iam_call", default=None)
_further = contextvars.ContextVar("iam_further", default=())  # what is asked after the first question
_first = contextvars.ContextVar("iam_first", default=None)
_refused = contextvars.ContextVar("iam_refused", default=None)
_stock = {}


def install():
    """Put the gate into MiniStack's dispatch, once."""
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator

    if _stock:
        return
    for module, name, ours in (
        (iam_actions, "extract_iam_action", _action),
        (iam_actions, "extract_resource_arn", _resource),
        (iam_actions, "access_denied_response", _denied_response),
        (iam_evaluator, "enforce", _enforce),
        (iam_evaluator, "check_credentials", _check_credentials),
        (iam_evaluator, "evaluate_trust_policy", _trusts_caller),
    ):
        _stock[name] = getattr(module, name)
        setattr(module, name, ours)
    # Policies are parsed at each request; the same text gives the same statements.
    iam_evaluator.parse_policy_document = _remembered(iam_evaluator.parse_policy_document)
    # The local cloud speaks HTTP on this machine only; buckets that insist on TLS are to work all the same.
    iam_evaluator._request_origin = contextvars.ContextVar("request_origin", default=("127.0.0.1", True))
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)
    for service, after in (("lambda", _refuse_untrusting), ("firehose", _refuse_untrusting), ("scheduler", _refuse_untrusting)):
        app.SERVICE_HANDLERS[service] = after(app.SERVICE_HANDLERS[service])
    app.SERVICE_HANDLERS["logs"] = _refuse_unusable_keys(app.SERVICE_HANDLERS["logs"])
    app.SERVICE_HANDLERS["s3"] = _hide_what_is_absent(app.SERVICE_HANDLERS["s3"])
    _take_names_for_tags_of_log_groups()


def _take_names_for_tags_of_log_groups():
    """TagLogGroup needs TagResource's permission and names a group; MiniStack asks for TagResource's ARN then."""
    from ministack.services import cloudwatch_logs

    stock = cloudwatch_logs.validate_tag_resource_arn

    def validate(arn, **scope):
        by_name = (call := _call.get()) and call.service == "logs" and call.operation.endswith("LogGroup")
        return None if by_name else stock(arn, **scope)

    cloudwatch_logs.validate_tag_resource_arn = validate


def _remembered(parse):
    known = {}

    def remembered(document):
        if not isinstance(document, str):
            return parse(document)
        if document not in known:
            if len(known) > 1000:
                known.clear()
            known[document] = parse(document)
        return known[document]

    return remembered


# --- one question


def ask(access_key, question, region, context=None):
    """None if the caller may; MiniStack's EvalResult or AuthError if not. Needs MiniStack's request scope."""
    from ministack.core.iam_evaluator import AuthError, EvalResult

    record.current().principal = record.current().principal or principal(access_key)
    namespace = question.action.partition(":")[0]
    service = _SERVICES.get(namespace, namespace)
    if service == "s3" and not access_key and _unsigned():
        denied = _anonymous(question, region, context)
        record.current().check(question.action, question.resource, denied is None)
        return denied
    denied = _stock["enforce"](
        access_key,
        question.action,
        service,
        region,
        resource_arn=question.resource,
        service_context={**(context or {}), **question.context},
    )
    if isinstance(denied, AuthError):
        record.current().principal = None
    else:
        record.current().check(question.action, question.resource, denied is None)
    if isinstance(denied, EvalResult):
        _refused.set((question, denied))
    return denied


def _unsigned():
    from ministack.core import iam_evaluator

    return iam_evaluator._anonymous.get()


def _anonymous(question, region, context):
    """S3 answers who signs nothing only where the bucket's policy lets everybody in; MiniStack takes nobody for root."""
    from ministack.core.iam_evaluator import AuthError, EvalContext, _resource_policy, evaluate_resource_policy

    found = _resource_policy("s3", question.resource)
    asked = EvalContext(
        principal_arn="*",
        principal_type="Anonymous",
        principal_account="",
        action=question.action,
        resource_arn=question.resource,
        region=region,
        service_context={key.lower(): value for key, value in {**(context or {}), **question.context}.items()},
    )
    if found and found[0] and evaluate_resource_policy(found[0], asked).decision == "Allow":
        return None
    return AuthError("MissingAuthenticationToken", "Access Denied")


def principal(access_key):
    """The ARN behind an access key, None if nobody is."""
    from ministack.core.iam_evaluator import resolve_caller_identity
    from ministack.core.responses import get_account_id

    if not access_key:
        return None
    known = resolve_caller_identity(access_key)
    return (known or {}).get("userArn") or (f"arn:aws:iam::{get_account_id()}:root" if known else None)


def sentence(question, denied):
    """AWS's words for a refusal."""
    resource, service = question.resource, question.action.partition(":")[0]
    named = f'"{resource}"' if service == "s3" else resource
    if denied.resource_policy_arn:
        reason = "with an explicit deny in a resource-based policy"
    elif denied.decision == "Deny":
        reason = "with an explicit deny in an identity-based policy"
    else:
        reason = f"because no identity-based policy allows the {question.action} action"
    text = f"User: {denied.principal_arn} is not authorized to perform: {question.action} on resource: {named} {reason}"
    return f"You are not authorized to perform this operation. {text}" if service == "ec2" else text


# --- MiniStack's dispatch


def _action(service, method, path, headers, body, params):
    """The first action that a request needs; the others wait for `_enforce`."""
    from ministack.core.responses import get_account_id, get_region

    record.current().operation = None
    _call.set(None), _further.set(()), _first.set(None), _refused.set(None)
    query = {name: value if isinstance(value, list) else [value] for name, value in params.items()}
    call = calls.read(service, method, path, headers, body, query, get_region(), get_account_id())
    _call.set(call)
    record.current().operation = call.operation or None
    asked = questions.of(call)
    if asked:
        _first.set(asked[0])
        _further.set((*asked[1:], *passing.questions(call)))
        return asked[0].action
    of_key = {"sqs": keys.of_queue, "sns": keys.of_topic}.get(service)
    _further.set((*passing.questions(call), *(of_key(call) if of_key else ())))
    found = _stock["extract_iam_action"](service, method, path, headers, body, params)
    if found is None and call.operation and service != "s3":
        found = f"{questions.namespace(service)}:{call.operation}"
    namespace, _, name = (found or "").partition(":")
    return f"{namespace}:{questions.ACTIONS.get(service, {}).get(name, name)}" if found else None


def _resource(service, method, path, headers, body, params, region, account):
    """The resource that goes with `_action`'s answer."""
    first = _first.get()
    if first is not None:
        return first.resource
    if service == "s3":
        _further.set(tuple(objects.further(method, path, headers, params)))
    found = _stock["extract_resource_arn"](service, method, path, headers, body, params, region, account)
    call = _call.get()
    if call is not None and (tagged := questions.TAGGED.get((service, call.operation))):
        del tagged
        _further.set((*_further.get(), *questions.beside(call, [Question("", found)])))
    return found


def _enforce(access_key, action, service, region, resource_arn="*", service_context=None):
    """Ask for the action that MiniStack asks for, and then for all that goes with it."""
    first, further = _first.get(), _further.get()
    _further.set(())
    known = first.context if first and first.action == action else {}
    for question in (Question(action, resource_arn, known), *further):
        denied = ask(access_key, question, region, service_context)
        if denied:
            return denied
    return None


def _trusts_caller(document, caller_arn, context=None):
    """A trust policy that names a service lets nobody else in; MiniStack takes root for any service."""
    policy = json.loads(document) if isinstance(document, str) else dict(document)
    statements = policy.get("Statement", [])
    policy["Statement"] = [
        {**statement, "Principal": {kind: who for kind, who in statement["Principal"].items() if kind != "Service"}}
        if isinstance(statement.get("Principal"), dict)
        else statement
        for statement in (statements if isinstance(statements, list) else [statements])
    ]
    return _stock["evaluate_trust_policy"](policy, caller_arn, context)


def _check_credentials(access_key, service=None):
    record.current().principal = principal(access_key)
    failure = _stock["check_credentials"](access_key, service)
    if failure:
        record.current().principal = None
    return failure


def _denied_response(service, action, principal_arn, request_id, **options):
    """MiniStack's answer to a refusal, in AWS's words and with AWS's status."""
    refused = _refused.get()
    if refused and not options.get("error_code"):
        options["message"] = sentence(*refused)
        if service in ("ssm", "logs"):
            options["resource_arn"] = refused[0].resource
            action = refused[0].action
    status, headers, body = _stock["access_denied_response"](service, action, principal_arn, request_id, **options)
    # The JSON protocols answer 400 where the REST ones answer 403.
    if status == 403 and (options.get("headers") or {}).get("x-amz-target") and not options.get("error_code") and service != "sqs":
        status = 400
    return status, headers, body


def _refuse_untrusting(handler):
    """What takes a role refuses one that does not trust the service."""

    async def handle(method, path, headers, body, query):
        call = _call.get()
        refused = passing.refusal(call) if call is not None else None
        return refused or await handler(method, path, headers, body, query)

    return handle


def _refuse_unusable_keys(handler):
    """CloudWatch Logs takes a key only if that key's policy takes CloudWatch Logs."""

    async def handle(method, path, headers, body, query):
        call = _call.get()
        refused = keys.logs_refusal(call) if call is not None else None
        return refused or await handler(method, path, headers, body, query)

    return handle


def _hide_what_is_absent(handler):
    """S3 tells who may not list a bucket nothing about what is not in it: 403 in place of 404."""

    async def handle(method, path, headers, body, query):
        from ministack.core.responses import get_region
        from ministack.core.router import extract_access_key_id

        answer = await handler(method, path, headers, body, query)
        bucket, _, key = path.strip("/").partition("/")
        if answer[0] != 404 or method not in ("GET", "HEAD") or not key:
            return answer
        access_key = extract_access_key_id(headers, query)
        question = Question("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        denied = ask(access_key, question, get_region()) if access_key else None
        if not denied:
            return answer
        status, answered, text = _denied_response("s3", question.action, "", uuid.uuid4().hex, headers=headers)
        return status, answered, b"" if method == "HEAD" else text

    return handle


# --- what services do on somebody's behalf


def allowed(access_key, asked, service, account, region, via):
    """Whether the caller may do all of `asked`, Questions, which the service `via` does without a request.

    `service`: whose the actions are. The journal gets a line of its own.
    """
    return not refusals(access_key, asked, service, account, region, via, stop=True)


def refusals(access_key, asked, service, account, region, via, stop=False):
    """The sentences of what is refused of `asked`; with `stop` only the first. See `allowed`."""
    told = record.Record(operation=asked[0].action.partition(":")[2] if asked else None)

    def run():
        from ministack.core.responses import request_scope

        record.use(told)
        found = []
        with request_scope(account, region):
            for question in asked:
                denied = ask(access_key, question, region)
                if denied:
                    found.append(getattr(denied, "message", None) or sentence(question, denied))
                    if stop:
                        break
        return found

    # A context of its own: signatures and records of the request that started this are not this one's.
    found = contextvars.Context().run(run)
    record.note(service, told, via)
    return found


# --- what the front sends elsewhere


def admit(scope, headers, body, service, asks=None):
    """Authenticate and authorise a request that MiniStack does not see.

    `scope`: ASGI's. `headers`: lower-case names. `service`: as in the signature. `asks(call)`: its Questions where
    the tables do not know them. Returns (call, None), or (call, (status, headers, body)) of the refusal.
    """
    from ministack.app import _request_account_scope
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id, get_region, set_request_account_id, set_request_region
    from ministack.core.router import extract_access_key_id, extract_region

    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    access_key = extract_access_key_id(headers, query)
    if access_key:
        set_request_account_id(_request_account_scope(access_key))
    set_request_region(extract_region(headers, query))
    iam_evaluator.pin_request_origin((scope.get("client") or ("127.0.0.1",))[0], True)
    raw_path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    iam_evaluator.pin_signed_request(scope["method"], raw_path, query, scope["headers"])
    iam_evaluator.pin_signed_body(body)
    _refused.set(None)
    region, account = get_region(), get_account_id()
    call = calls.read(service, scope["method"], scope["path"], headers, body, query, region, account)
    record.current().operation = call.operation or None
    asked = (asks(call) if asks else None) or questions.of(call)
    if not asked:
        params = {name: [value] for name, value in call.params.items() if isinstance(value, str)}
        resource = _stock["extract_resource_arn"](service, scope["method"], scope["path"], headers, body, params, region, account)
        # Describing, listing and the like have no resource in EC2.
        resource = "*" if service == "ec2" and re.match("Describe|Get|Search", call.operation) else resource
        asked = [Question(f"{questions.namespace(service)}:{call.operation or 'Unknown'}", resource)]
    context = _tags(service, asked[0].action, body, call)
    for question in (*asked, *passing.questions(call)):
        denied = ask(access_key, question, region, context)
        if denied:
            return call, _refusal(service, question, denied, headers)
    return call, passing.refusal(call)


def _tags(service, action, body, call):
    """aws:RequestTag and aws:TagKeys of a request."""
    from ministack.core.iam_actions import request_tag_context

    flat = {name: value for name, value in call.params.items() if isinstance(value, str)}
    context = request_tag_context(service, action, body, flat)
    if service == "ec2":
        tags = {
            value: flat.get(f"{name[:-4]}.Value", "")
            for name, value in flat.items()
            if re.fullmatch(r"(TagSpecification\.\d+\.)?Tag\.\d+\.Key", name)
        }
        context |= {f"aws:RequestTag/{key}".lower(): value for key, value in tags.items()} | ({"aws:TagKeys": list(tags)} if tags else {})
    return context


def _refusal(service, question, denied, headers):
    """(status, headers, body) of a refusal in the protocol of the service."""
    from ministack.core.iam_evaluator import AuthError

    if isinstance(denied, AuthError):
        options = {"error_code": denied.code, "message": denied.message}
        return _stock["access_denied_response"](service, question.action, "", str(uuid.uuid4()), headers=headers, **options)
    return _denied_response(service, question.action, denied.principal_arn, str(uuid.uuid4()), headers=headers)
