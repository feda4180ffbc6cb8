"""What core.py is made of: JSON cut into records, judged, and sorted into days.

Imports go one way: core → run → records, cutting, quick, kept, repeated, rejects, summary → rules, stream, names.
"""
