from localcloud.engine import Engine


class Athena(Engine):
    service, target_prefix, owns_service = "athena", "AmazonAthena", True
