"""Statements other than queries: Hive's DDL and Athena's own (views, SHOW, prepared statements)."""
