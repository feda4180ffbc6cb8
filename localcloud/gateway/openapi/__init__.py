"""OpenAPI 3.0 and Swagger 2.0 with Amazon's extensions. Pure.

form         which parts of a document are objects, lists and texts
document     a document's text, its `$ref`s, and what differs between the two versions
reading      document → Definition, with all that is wrong or left out
methods      an operation of a document → a method
schemas      schemas of a document → models
writing      what is deployed → document
"""
