"""Crawler targets as Glue's API spells them."""


def glue_s3_targets(paths):
    """["s3://bucket/prefix/"] as [{"Path": "s3://bucket/prefix/", "Exclusions": []}], which is what Glue answers too."""
    return [{"Path": path, "Exclusions": []} for path in paths]


class FilterModule:
    """What Ansible finds here."""

    def filters(self):
        return {"glue_s3_targets": glue_s3_targets}
