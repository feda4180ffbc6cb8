"""What a definition of sheets must hold to: every data set is declared and there, every column is one of it."""

from localcloud.engine import ServiceError

MOST_DATA_SETS, MOST_SHEETS, MOST_VISUALS = 50, 20, 75


def check(definition, data_sets):
    """The errors of a definition, as the API lists them. `data_sets(arn)`: {column: type}, or None where there is no such data set.

    InvalidParameterValueException for what QuickSight refuses at once: ids that are there twice, and data sets that nobody declares.
    """
    declared, errors = {}, []
    for each in definition["DataSetIdentifierDeclarations"]:
        if each["Identifier"] in declared:
            raise ServiceError("InvalidParameterValueException", f"DataSetIdentifier {each['Identifier']} is declared twice")
        declared[each["Identifier"]] = columns = data_sets(each["DataSetArn"])
        if columns is None:
            errors.append({"Type": "DATA_SET_NOT_FOUND", "Message": f"DataSet {each['DataSetArn']} is not found"})
    _once([sheet["SheetId"] for sheet in definition.get("Sheets", [])], "SheetId")
    visuals = [body for sheet in definition.get("Sheets", []) for visual in sheet.get("Visuals", []) for body in visual.values()]
    _once([body["VisualId"] for body in visuals], "VisualId")
    for sheet in definition.get("Sheets", []):
        _laid_out(sheet)
    for path, column in _columns(definition, ()):
        name, wanted = column["DataSetIdentifier"], column["ColumnName"]
        if name not in declared:
            raise ServiceError("InvalidParameterValueException", f"{_shown(path)} uses the data set {name}, which is not declared")
        columns = declared[name]
        if columns is not None and wanted not in columns:
            errors.append({"Type": "COLUMN_REPLACEMENT_MISSING", "Message": f"{_shown(path)}: {name} has no column {wanted}"})
        elif columns is not None and not _fits(path, columns[wanted]):
            text = f"{_shown(path)}: the column {wanted} of {name} is {columns[wanted]}"
            errors.append({"Type": "COLUMN_TYPE_MISMATCH", "Message": text})
    for body in visuals:
        _once(list(_fields(body)), f"FieldId of {body['VisualId']}")
    return errors


def _once(names, what):
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ServiceError("InvalidParameterValueException", f"{what} is there twice: {', '.join(twice)}")


def _laid_out(sheet):
    """Elements of a layout are the sheet's visuals."""
    known = {body["VisualId"] for visual in sheet.get("Visuals", []) for body in visual.values()}
    for layout in sheet.get("Layouts", []):
        for element in layout["Configuration"].get("GridLayout", {}).get("Elements", []):
            if element["ElementType"] == "VISUAL" and element["ElementId"] not in known:
                text = f"the layout of {sheet['SheetId']} places {element['ElementId']}, which is no visual of it"
                raise ServiceError("InvalidParameterValueException", text)


def _columns(value, path):
    """(path, ColumnIdentifier) of each column that is used."""
    if isinstance(value, dict):
        if {"DataSetIdentifier", "ColumnName"} <= value.keys():
            yield path, value
        for key, inner in value.items():
            yield from _columns(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _columns(inner, (*path, at))


def _fields(value):
    """Every FieldId that field wells make; those of sorting name one of them."""
    if isinstance(value, dict):
        if "FieldId" in value and "Column" in value:
            yield value["FieldId"]
        for inner in value.values():
            yield from _fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner)


def _fits(path, kind):
    """May a field of that kind hold a column of this type?"""
    for step in path:
        if step in ("NumericalDimensionField", "NumericalMeasureField"):
            return kind in ("INTEGER", "DECIMAL")
        if step in ("DateDimensionField", "DateMeasureField"):
            return kind == "DATETIME"
        if step == "CategoricalDimensionField":
            return kind == "STRING"
    return True


def _shown(path):
    return ".".join(map(str, path))
