"""API Gateway's REST APIs.

engine       requests of the control plane; wire  its protocol, permissions  what IAM is asked
control      a function for each operation; openapi  documents in and out
store        what is kept; compiled, model, registry  the same as the data plane sees it
serving      the data plane
"""

from localcloud.gateway.engine import ApiGateway

__all__ = ["ApiGateway"]
