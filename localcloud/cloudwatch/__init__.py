"""CloudWatch: metrics that are kept, alarms that are evaluated on time and act, dashboards.

api          CloudWatch's actions
wire         its three protocols
metrics      aggregates by series and time; statistics  what is answered from one, pure
queries      data points of a metric or an expression; expressions  metric math, pure
alarms       when an alarm goes to which state, pure
definition   what a PutMetricAlarm may say
evaluation   the thread that evaluates, and what happens at a change; notify  messages to topics and functions
dashboards   what a dashboard's body may say, pure
store        alarms, dashboards, history and tags, as JSON on disk
publish      where AWS's own metrics come in; sources_*  who counts them
"""

from localcloud.cloudwatch.api import CloudWatch

__all__ = ["CloudWatch"]
