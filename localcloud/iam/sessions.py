"""Sessions of roles: a service gets one of each role that trusts it.

Sessions lie in MiniStack's STS, and those that are to outlive this process in `sessions.json` besides.
"""

import contextlib
import json
import os
import secrets
import threading
import time
from datetime import UTC, datetime

from localcloud.engine import ServiceError

_lock = threading.Lock()
_file = None
_of_functions = {}  # (function's ARN, role's ARN) → credentials


def install(settings):
    """Restore the sessions of an earlier process, and end those of roles that are deleted."""
    global _file
    from ministack.services import iam, sts

    _file = settings.state_dir / "iam" / "sessions.json"
    _file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError, ValueError):
        # Those that have expired too, until the next one is made: who shows one is told so.
        for key, session in json.loads(_file.read_text()).items():
            sts._sessions.setdefault(key, session)
    register, delete = sts.register_session, iam._delete_role

    def registered(access_key, session):
        register(access_key, session)
        _save()

    def deleted(params):
        answer = delete(params)
        if answer[0] == 200:
            _end(iam._p(params, "RoleName"))
        return answer

    sts.register_session = registered
    _replace(iam, delete, deleted)


def _replace(module, stock, ours):
    """Put a function in a module's place of another, in its tables of handlers too."""
    for name, value in vars(module).items():
        if value is stock:
            setattr(module, name, ours)
        elif isinstance(value, dict):
            for key, entry in list(value.items()):
                if entry is stock:
                    value[key] = ours


def _end(role_name):
    """Sessions of a deleted role are known to nobody."""
    from ministack.services import sts

    start = f":assumed-role/{role_name}/"
    with _lock:
        for key in [key for key, session in sts._sessions.items() if start in session.get("Arn", "")]:
            del sts._sessions[key]
        for key in [key for key in _of_functions if key[1].rpartition("/")[2] == role_name]:
            del _of_functions[key]
    _save()


def _save():
    """Keep the sessions that expire; those of functions end with this process."""
    from ministack.services import sts

    with _lock:
        kept = {key: session for key, session in dict(sts._sessions).items() if isinstance(session.get("Expiration"), (int, float))}
        part = _file.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file, default=str)
        part.replace(_file)


def role(role_arn):
    """MiniStack's record of a role by its ARN or name, or None."""
    from ministack.services import iam

    name = role_arn.rpartition("/")[2]
    account = role_arn.split(":")[4] if role_arn.startswith("arn:") and role_arn.count(":") >= 5 else None
    return iam._roles.get_scoped(account, None, name) if account else iam._roles.get(name)


def trusts(role_arn, service):
    """Whether the role exists and its trust policy lets the service principal assume it."""
    known = role(role_arn)
    return known is not None and policy_trusts(known.get("AssumeRolePolicyDocument") or "{}", known["Arn"], service)


def policy_trusts(document, role_arn, service):
    """Whether a trust policy (JSON or a dict) of a role lets the service principal assume it."""
    from ministack.core.iam_evaluator import EvalContext, _action_matches, _conditions_met, _service_principal_matches

    account = role_arn.split(":")[4]
    context = EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region="",
        service_context={"aws:sourceaccount": account},
    )
    allowed = False
    policy = json.loads(document) if isinstance(document, str) else document
    for statement in _listed(policy.get("Statement", [])):
        who = statement.get("Principal", {})
        if not (who == "*" or _service_principal_matches(who, service)):
            continue
        if not _action_matches("sts:AssumeRole", _listed(statement.get("Action", [])), _listed(statement.get("NotAction", []))):
            continue
        if not _conditions_met(statement.get("Condition", {}), context):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def service_session(role_arn, service, session_name, seconds=3600):
    """Credentials of a role for a service that it trusts.

    `service`: its principal, `ec2.amazonaws.com`. `seconds`: None for a session that lasts as long as this process.
    Returns AccessKeyId, SecretAccessKey, SessionToken and Expiration (an aware datetime, or None).
    ServiceError AccessDenied if the role does not exist or does not trust the service.
    """
    from ministack.services import sts

    known = role(role_arn)
    if not trusts(role_arn, service):
        why = "there is no such role" if known is None else "its trust policy does not allow sts:AssumeRole to that service"
        raise ServiceError("AccessDenied", f"{service} cannot assume the role {role_arn}: {why}", 403)
    account, name = known["Arn"].split(":")[4], known["RoleName"]
    key, secret, token = "ASIA" + _letters(16), secrets.token_urlsafe(30), "FwoGZXIvYXdzE" + secrets.token_urlsafe(120)
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        "UserId": f"{known['RoleId']}:{session_name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "SessionTags": [],
    }
    ends = None
    if seconds is not None:
        session["Expiration"] = time.time() + seconds
        ends = datetime.fromtimestamp(int(session["Expiration"]), UTC)
    sts.register_session(key, session)
    return {"AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": token, "Expiration": ends}


def end(access_key):
    """End a session that a service had for itself."""
    from ministack.services import sts

    with _lock:
        sts._sessions.pop(access_key, None)


def function_credentials(config):
    """Environment variables with the session of a function's role; in place of MiniStack's `execution_credentials`."""
    key = config.get("FunctionArn", ""), config.get("Role", "")
    with _lock:
        found = _of_functions.get(key)
    if found is None:
        found = service_session(key[1], "lambda.amazonaws.com", config.get("FunctionName", "function")[:64], seconds=None)
        with _lock:
            found = _of_functions.setdefault(key, found)
    return {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def credentials_of(access_key, account):
    """(access key, secret, token) of a caller, to act with the caller's rights; ServiceError if it is nobody's by now."""
    from ministack.core.iam_evaluator import resolve_credential

    found = resolve_credential(access_key, account)
    if not hasattr(found, "secret_access_key"):
        raise ServiceError("UnrecognizedClientException", found.message, 403)
    return access_key, found.secret_access_key, found.session_token


def container_credentials(role_name, service="ec2.amazonaws.com", seconds=3600):
    """What AWS's SDKs read from AWS_CONTAINER_CREDENTIALS_FULL_URI; ServiceError as `service_session`."""
    made = service_session(role_name, service, "local-process", seconds)
    return {
        "AccessKeyId": made["AccessKeyId"],
        "SecretAccessKey": made["SecretAccessKey"],
        "Token": made["SessionToken"],
        "Expiration": made["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "RoleArn": role(role_name)["Arn"],
    }


def _letters(number):
    return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(number))


def _listed(value):
    return value if isinstance(value, list) else [value]
