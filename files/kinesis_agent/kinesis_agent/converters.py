"""dataProcessingOptions: functions of a line's bytes, with its end, that give what is sent instead."""

import json
import re


class OptionError(Exception):
    """Which option is wrong, `[n]…`."""


def single_line(line):
    """Without white space around it."""
    return line.strip() + b"\n"


def csv_to_json(names, delimiter):
    """Fields by position as texts. As in AWS's agent, quotes mean nothing, empty fields at the end are null, and so are missing ones."""
    parts = re.compile(delimiter)

    def convert(line):
        found = parts.split(line.decode("utf-8", "replace").rstrip("\n"))
        while found and not found[-1]:
            found.pop()
        values = dict.fromkeys(names)
        values.update(zip(names, found, strict=False))
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    return convert


def chain(options):
    """Functions for a list of options; OptionError for one that is not done here."""
    if not isinstance(options, list):
        raise OptionError(f" is {options!r}; wanted is a list")
    return tuple(_converter(option, f"[{number}]") for number, option in enumerate(options))


def _converter(option, where):
    name = option.get("optionName") if isinstance(option, dict) else None
    if name == "SINGLELINE":
        return single_line
    if name == "CSVTOJSON":
        names = option.get("customFieldNames")
        if not (isinstance(names, list) and names and all(isinstance(item, str) for item in names)):
            raise OptionError(f"{where}.customFieldNames is {names!r}; wanted is a list of texts")
        try:
            return csv_to_json(names, str(option.get("delimiter", ",")))
        except re.error as error:
            raise OptionError(f"{where}.delimiter is no regular expression: {error}") from error
    raise OptionError(f"{where}.optionName is {name!r}; supported here are SINGLELINE and CSVTOJSON")
