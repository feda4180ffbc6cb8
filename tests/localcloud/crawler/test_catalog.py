"""Databases and tables in the catalog: what MiniStack alone gets wrong."""

import pytest
from botocore.exceptions import ClientError


def test_tables_come_in_pages_and_by_regular_expression(site, glue):
    names = [f"orders_{at}" for at in range(5)] + ["other"]
    for name in names:
        glue.create_table(DatabaseName=site.database, TableInput={"Name": name})

    def found(**members):
        return [table["Name"] for table in glue.get_tables(DatabaseName=site.database, **members)["TableList"]]

    assert found() == names
    assert found(Expression="orders_[0-2]") == names[:3]
    assert found(Expression="order") == []
    first = glue.get_tables(DatabaseName=site.database, MaxResults=4)
    assert len(first["TableList"]) == 4
    assert found(NextToken=first["NextToken"]) == names[4:]


def test_databases_come_in_pages(site, glue):
    glue.create_database(DatabaseInput={"Name": site.database + "_2"})
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 1}))
    assert all(len(page["DatabaseList"]) <= 1 for page in pages)
    assert {site.database, site.database + "_2"} <= {database["Name"] for page in pages for database in page["DatabaseList"]}


def test_tables_of_a_missing_database_are_an_error(glue):
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_tables(DatabaseName="no_such_database")
