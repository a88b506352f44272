"""The directory: bodies, their offices, and who holds them or stands in. One stream, `directory`.

`bodies`, `offices` and `people` hold the rules, `decisions` who may and which rule applies, `evolution`
what follows, `state` the questions that others ask of it, `preferences` when somebody is told.
"""
