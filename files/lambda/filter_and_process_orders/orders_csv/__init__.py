"""Orders in CSV files: how rows are found, judged, kept and rejected. The entrance is core.py beside this folder.

Imports go one way: what finds and judges rows (`cutting`, `rules`) knows nothing of what calls it (`run`).
This file imports nothing, so that `orders_csv.names` is there without pyarrow.
"""
