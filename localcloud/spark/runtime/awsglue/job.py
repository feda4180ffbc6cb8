"""A job's begin and commit."""

from awsglue import bookmarks


class Job:
    """Between init and commit, frames with a `transformation_ctx` are bookmarked."""

    def __init__(self, glue_context):
        self.glue_context = glue_context

    def init(self, job_name, args=None):
        bookmarks.init()

    def commit(self):
        bookmarks.commit()
