"""The part of Glue's Python library that the local cloud has; docs/local-cloud.md, "Glue jobs", says which."""
