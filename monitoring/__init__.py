"""How Remit as a whole does, for those who run it: its standing by the log and by Temporal, the figures made of that, health
that a load balancer asks for, and a heartbeat to somebody outside who notices when it ends.

What a process tells of its own doings is in telemetry/.
"""
