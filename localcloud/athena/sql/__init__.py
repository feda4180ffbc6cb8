"""Athena's SQL (Trino's dialect) compiled, with types, to DuckDB's.

parser: text → syntax tree (sqlglot). expressions, relations: tree → DuckDB SQL with Trino's types.
A function, operator or clause that is not known here by its exact meaning is an error, never a guess.
"""
