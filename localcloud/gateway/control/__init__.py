"""API Gateway's control plane: a function for each operation, `create_rest_api(here, given)` → output, both by the model's names.

here         what an operation works on: the region's tables, the clock, the checks and errors that all share
apis         APIs themselves, import and export; resources, methods, integrations  what they are made of
models       models, request validators and gateway responses; deployments, stages  what is served of them
keys, plans  API keys and usage plans; account  the account's settings; tags
patch        patch operations, as data; schema  which JSON schemas are models, pure; rules  what an integration may say, pure
"""

from importlib import import_module

_MODULES = tuple(
    import_module(f"{__name__}.{name}")
    for name in (
        "account",
        "apis",
        "deployments",
        "integrations",
        "keys",
        "methods",
        "models",
        "plans",
        "resources",
        "responses",
        "stages",
        "tags",
        "transfer",
        "validators",
    )
)


def operation(name):
    """The function of an operation by its name as a method (`create_rest_api`), or None where the local cloud has none."""
    return next((getattr(module, name) for module in _MODULES if name in module.OPERATIONS), None)
