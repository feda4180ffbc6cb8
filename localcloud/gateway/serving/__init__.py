"""The data plane of API Gateway: serves what `localcloud.gateway` has deployed.

edge        ASGI: which requests are an API's       lane       one thread for much small work
service     a request from arrival to answer        compiled   what is made once of a deployment
routes      path → resource                         requests   requests and responses
calls       what is refused, and what is passed on  validation, wording   models and the reasons
limits      throttles and quotas                    authorization   AWS_IAM
mapping     parameter mappings                      velocity, java, template_variables, paths, documents   templates
answers     the client's answer                     refusals   gateway responses
roles       sessions of the integrations' roles     integrations/   what is called
access_log, execution_log   lines; log_lines  into their groups    metrics    AWS/ApiGateway
"""

from localcloud.gateway.serving.edge import ExecuteApi

__all__ = ["ExecuteApi"]
