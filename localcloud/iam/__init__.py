"""IAM that says no: every request to the local cloud is authenticated and authorised before anything is done.

MiniStack keeps users, roles, keys and sessions, checks signatures and evaluates policies. This package says
which actions on which resources a request needs, asks for all of them, writes down what was asked, and gives
services sessions of the roles that trust them.
"""
