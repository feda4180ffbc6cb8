"""What core.py is made of: JSON cut into records, judged, and sorted into days.

Imports go one way: core → run, stream → records, cutting, quick, kept, repeated, summary → rules, names; each may use `s3_inputs`.
"""
