from localcloud.engine import Engine


class Crawler(Engine):
    service, target_prefix = "glue", "AWSGlue"
