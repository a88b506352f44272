"""The API, version 1: a module a noun. `asking` says who asks and what they may see, `sending` takes commands.

A module declares its own router; `routes` lists them all. What is told is a model of its module, made from the domain's
values: what the domain calls a thing may change, what the API calls it may not.
"""
