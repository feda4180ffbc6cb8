"""What the local cloud's Glue library lacks says so, instead of doing something else."""


def refuse(what):
    """Raise the error for something that exists on AWS and not here."""
    raise NotImplementedError(f'{what} is not in the local cloud; see docs/local-cloud.md, "Glue jobs"')


def only(given, known, where):
    """Refuse options that are not known here; those that are None are not given."""
    for name, value in (given or {}).items():
        if name not in known and value is not None:
            refuse(f"{where} with {name}={value!r}")
