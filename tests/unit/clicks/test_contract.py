"""The click's contract is read from the API's document, and nothing in it is passed over."""

import copy
import json

import pytest

from tests.unit.clicks.support import CONTRACT, DOCUMENT, contracts

GOOD = json.loads(DOCUMENT.read_text())


def changed(**of_click: object) -> dict:
    document = copy.deepcopy(GOOD)
    document["components"]["schemas"]["Click"].update(of_click)
    return document


def test_it_has_the_members_of_the_document_in_their_order() -> None:
    schema = GOOD["components"]["schemas"]["Click"]
    assert list(CONTRACT.members) == list(schema["properties"])
    assert CONTRACT.required == tuple(schema["required"])
    assert CONTRACT.members["element_clicked"] == contracts.Text(1, 200, None)
    assert CONTRACT.members["time_spent"] == contracts.Whole(0, 86_400)
    assert CONTRACT.members["click_id"].pattern.search("a-1")
    assert not CONTRACT.members["click_id"].pattern.search("a 1")


@pytest.mark.parametrize(
    ("keyword", "value", "told"),
    [
        ("minProperties", 3, "Click.minProperties is not known here"),
        ("additionalProperties", True, "additionalProperties is True"),
        ("oneOf", [{"required": ["created_at"]}], "Click.oneOf is"),
        ("required", ["element_clicked", "colour"], "colour is required, but no property"),
    ],
)
def test_what_it_does_not_know_is_an_error(keyword: str, value: object, told: str) -> None:
    with pytest.raises(contracts.ContractError, match=told):
        contracts.contract(changed(**{keyword: value}))


def test_all_that_is_wrong_is_told_at_once() -> None:
    properties = {
        "element_clicked": {"type": "string", "minLength": 1, "maxLength": 200, "format": "email"},
        "time_spent": {"type": "number"},
        "source_menu": {"type": "string"},
        "created_at": {"type": "string", "maxLength": 64},
        "arrived_at": {"type": "string", "maxLength": 64},
    }
    with pytest.raises(contracts.ContractError) as error:
        contracts.contract(changed(properties=properties))
    for told in (
        "element_clicked.format is not known",
        "time_spent.type is 'number'",
        "source_menu has no maxLength",
        "createdAt must be a text",
        "arrived_at is what the transform adds",
    ):
        assert told in str(error.value)


def test_a_document_without_clicks_is_an_error() -> None:
    with pytest.raises(contracts.ContractError, match=r"no components.schemas.Click"):
        contracts.contract({"components": {"schemas": {}}})
