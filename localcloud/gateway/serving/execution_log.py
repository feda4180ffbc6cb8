"""Execution logs: what went wrong with a request, for stages whose logging level is ERROR or INFO. Pure.

No bodies and no headers stand in them, whatever the stage's settings say.
"""


def group(stage):
    """The ARN of the log group, which API Gateway makes by itself."""
    api = stage.api
    return f"arn:aws:logs:{api.region}:{api.account}:log-group:API-Gateway-Execution-Logs_{api.id}/{stage.name}"


def messages(level, context, refused):
    """The lines of a request. `level`: of its method's settings. `refused`: what API Gateway refused it with, or None."""
    if level not in ("ERROR", "INFO"):
        return []
    made, told = [], context.get("integrationStatus")
    if told is not None and (told >= 400 or context.get("integrationErrorMessage")):
        latency, error = context.get("integrationLatency"), context.get("integrationErrorMessage")
        made.append(f"Received response. Status: {told}, Integration latency: {latency} ms" + (f", error: {error}" if error else ""))
    if refused is not None and refused.status >= 500:
        reason = "configuration error" if refused.status in (500, 502) else "an unreachable endpoint"
        made.append(f"Execution failed due to {reason}: {refused.detail or refused.message}")
    if made or level == "INFO":
        made.append(f"Method completed with status: {context['status']}")
    return [f"({context['requestId']}) {each}" for each in made]
