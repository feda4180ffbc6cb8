"""Arguments of a job run."""

import sys

#: Arguments that Glue gives itself, and that a script may not ask for by name.
RESERVED = (
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "encryption-type",
)
BOOKMARK_OPTIONS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")


class GlueArgumentError(Exception):
    """An argument is missing or has no value."""


def given(args):
    """{name: value} of `--name value` and `--name=value`; the last of a name counts; None where a value is missing."""
    out, at = {}, 0
    while at < len(args):
        text = args[at]
        at += 1
        if not text.startswith("--"):
            continue
        name, has_value, value = text[2:].partition("=")
        if has_value:
            out[name] = value
        elif at < len(args) and not args[at].startswith("--"):
            out[name] = args[at]
            at += 1
        else:
            out[name] = None
    return out


def getResolvedOptions(args, options):
    """The values of the named arguments, and those that every run has, as {name: text}.

    `args`: sys.argv. `options`: names without dashes. GlueArgumentError if one is missing, RuntimeError if one is Glue's own.
    """
    for name in options:
        if name in RESERVED or name.replace("_", "-") in RESERVED:
            raise RuntimeError(f"Using reserved arguments {name}")
    found = given(args[1:])
    wanted = [name for name in options if name not in ("TempDir", "RedshiftTempDir")]
    missing = [f"--{name}" for name in wanted if name not in found]
    if missing:
        raise GlueArgumentError(f"the following arguments are required: {', '.join(missing)}")
    empty = [name for name in wanted if found[name] is None]
    if empty:
        raise GlueArgumentError(f"argument --{empty[0]}: expected one argument")
    out = {name.replace("-", "_"): found.get(name) for name in RESERVED}
    out["TempDir"] = out["RedshiftTempDir"] = found.get("TempDir") or found.get("RedshiftTempDir")
    out["job_bookmark_option"] = out["job_bookmark_option"] or BOOKMARK_OPTIONS[-1]
    if out["job_bookmark_option"] not in BOOKMARK_OPTIONS:
        raise GlueArgumentError(f"argument --job-bookmark-option: invalid choice: {out['job_bookmark_option']!r}")
    return out | {name.replace("-", "_"): found[name] for name in wanted}


def arguments():
    """All arguments of this run."""
    return given(sys.argv[1:])
