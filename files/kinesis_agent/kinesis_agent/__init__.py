"""Ships lines of log files to Firehose, for systems that have no package of AWS's Kinesis agent; reads the same agent.json.

Pure: `configuration`, `converters`, `batches`, `retries`. Files alone: `tailing` (follows rotation), `checkpoints`, `aside`.
AWS: `firehose`. Together: `flow` (files → batches → stream → checkpoint), `service` (threads, signals, status).
"""
