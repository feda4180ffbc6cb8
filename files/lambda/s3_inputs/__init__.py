"""What functions share that are started by files in S3: see README.md.

This file imports nothing: `stream` and `rejects` are for pure cores, and need neither boto3 nor pyarrow.
"""
