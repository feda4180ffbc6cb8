"""Errors of a query, in Athena's words, and how DuckDB's errors become them."""

import re

#: how an error of ours looks inside DuckDB's: HW|CODE|message|WH (see sql.values.failure)
_MARKED = re.compile(r"HW\|([A-Z_]+)\|(.*?)\|WH", re.S)

#: Trino's error codes that are the user's (category 2); all else is counted as the system's (1)
_SYSTEM_CODES = {"GENERIC_INTERNAL_ERROR", "HIVE_CANNOT_OPEN_SPLIT", "HIVE_FILESYSTEM_ERROR", "HIVE_METASTORE_ERROR"}


class QueryError(Exception):
    """A query that fails: `code` is Trino's name of the error, `message` its text without the code."""

    def __init__(self, code, message, position=None):
        self.code = code
        self.detail = f"line {position[0]}:{position[1]}: {message}" if position else message
        super().__init__(f"{code}: {self.detail}")

    @property
    def athena_error(self):
        """`AthenaError` of GetQueryExecution: category 1 system, 2 user, 3 other."""
        system = self.code in _SYSTEM_CODES
        return {"ErrorCategory": 1 if system else 2, "ErrorType": 1 if system else 1000, "Retryable": False, "ErrorMessage": str(self)}


class SyntaxProblem(Exception):
    """Text that is no Athena SQL; refused when the query is started, not when it runs."""

    def __init__(self, message, line=1, column=1):
        super().__init__(f"line {line}:{column}: {message}")


class CutoffExceeded(Exception):
    """The query would read more bytes than its workgroup allows."""


def not_supported(what, position=None):
    """The error for what Athena can do and the local cloud cannot."""
    return QueryError("NOT_SUPPORTED", f"{what} is not in the local cloud; see docs/local-cloud.md", position)


_OVERFLOW = re.compile(r"Overflow in (addition|subtraction|multiplication) of INT(\d+) \((.*?)\)")
_RANGE = re.compile(r"Type \w+ with value (\S+) can't be cast because the value is out of range for the destination type INT(\d+)")
_INTEGERS = {"8": "tinyint", "16": "smallint", "32": "integer", "64": "bigint"}
_TRANSLATIONS = (
    (r"Division by zero", "DIVISION_BY_ZERO"),
    (r"Overflow in (\w+) of (\w+)|out of range|overflow", "NUMERIC_VALUE_OUT_OF_RANGE"),
    (r"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS"),
    (r"Could not parse string|Failed to parse|Conversion Error", "INVALID_CAST_ARGUMENT"),
    (r"Invalid type for regex|invalid perl operator|missing \)|no argument for repetition", "INVALID_FUNCTION_ARGUMENT"),
    (r"Out of Memory", "EXCEEDED_LOCAL_MEMORY_LIMIT"),
)


def from_duckdb(error):
    """A QueryError for an exception of DuckDB; what we do not know is an internal error, with DuckDB's text."""
    text = str(error)
    marked = _MARKED.search(text)
    if marked:
        return QueryError(marked[1], marked[2])
    overflow, beyond = _OVERFLOW.search(text), _RANGE.search(text)
    if overflow and overflow[2] in _INTEGERS:
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", f"{_INTEGERS[overflow[2]]} {overflow[1]} overflow: {overflow[3]}")
    if beyond and beyond[2] in _INTEGERS:
        return QueryError("INVALID_CAST_ARGUMENT", f"Out of range for {_INTEGERS[beyond[2]]}: {beyond[1]}")
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    for pattern, code in _TRANSLATIONS:
        if re.search(pattern, text, re.I):
            known = {"SUBQUERY_MULTIPLE_ROWS": "Scalar sub-query has returned multiple rows", "DIVISION_BY_ZERO": "Division by zero"}
            if code in known:
                return QueryError(code, known[code])
            return QueryError(code, first.split(": ", 1)[-1])
    return QueryError("GENERIC_INTERNAL_ERROR", f"DuckDB: {first}")
