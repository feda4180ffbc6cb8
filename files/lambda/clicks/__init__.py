"""What a click is: one contract for the API, the stream's transform and the table.

contract      the schema of a click out of the OpenAPI document that also makes the API
strict_json   bytes to values, by what JSON allows and no more
dates         the ways in which people write a moment, and the one that the table has
rules         a record's bytes judged exactly, and kept
quick         the same for the clicks that most programs send, by one regular expression
problem       why a record is no click

Pure, and of the standard library alone: no clock, no environment, no AWS, nothing that is kept between calls.
"""
