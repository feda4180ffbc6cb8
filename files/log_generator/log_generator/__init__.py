"""Writes invoice lines of a made-up shop as JSON lines into log files, at a steady rate, for a shipper to follow.

Pure: `products`, `countries`, `days` (hours and weekdays), `shop` (seed and start → lines), `damage` (bad lines), `pace` (how many
lines are due). Edge: `settings` (from the environment), `logfiles` (writing and rotation), `service` (the loop).
Standard library alone, Python 3.9 and newer, since a server's own python3 runs it.
"""
