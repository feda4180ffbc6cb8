"""API Gateway knows its things by ids of its own; people, by names, which may be there twice."""


class SameNameError(ValueError):
    """More than one item has the name."""


def listed(client, operation, **arguments):
    """Every item of a list call, such as `get_rest_apis`."""
    pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 500}, **arguments)
    return [item for page in pages for item in page["items"]]


def named(client, operation, kind, name, **arguments):
    """The one item of that name, or None. `kind`: what an error calls it, such as "REST API".

    Raises:
        SameNameError: there are more.
    """
    found = [item for item in listed(client, operation, **arguments) if item.get("name") == name]
    if len(found) > 1:
        ids = ", ".join(sorted(item["id"] for item in found))
        raise SameNameError(f"{len(found)} {kind}s are called {name!r} ({ids}): delete all but one")
    return found[0] if found else None


def one(module, client, operation, kind, name, **arguments):
    """As `named`; the module fails where there are more."""
    try:
        return named(client, operation, kind, name, **arguments)
    except SameNameError as error:
        module.fail_json(msg=str(error))


def twins(client, operation, item, **arguments):
    """Other items of the item's name: where the answer to a first try was lost, botocore's second try has made another."""
    return [each for each in listed(client, operation, **arguments) if each["name"] == item["name"] and each["id"] != item["id"]]
