"""The order history's Spark job without AWS: column expressions, and plans of what to write, register and delete.

Pure: no boto3, no clock, no environment. The order of a run: `lines` (text → fields), `judging` (kept, dropped or
rejected), `table` (columns of the table), `files` (which task writes what), `versions` (what to copy, switch and
delete), `audit` (the counts). `settings` and `places` know the job's arguments and the names of folders.
"""
