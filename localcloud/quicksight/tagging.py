"""Tags of data sources, data sets, dashboards and analyses, by their ARNs."""

from localcloud.engine import ServiceError

_KINDS = ("datasource", "dataset", "dashboard", "analysis")


class Tagging:
    """Actions of tags."""

    def tag_resource(self, request):
        self._tags(request).update({tag["Key"]: tag["Value"] for tag in request.body["Tags"]})
        return {}

    def untag_resource(self, request):
        tags = self._tags(request)
        for key in request.body["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, request):
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(self._tags(request).items())]}

    def _tags(self, request):
        arn = request.body["ResourceArn"]
        kind, _, identity = arn.partition(f":{request.account}:")[2].partition("/")
        if kind not in _KINDS or arn != self.arn(request, kind, identity):
            raise ServiceError("ResourceNotFoundException", f"{arn} is not found", 404)
        return self.found(request, kind, identity)["tags"]
