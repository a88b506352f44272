"""What a process tells of itself: traces, figures, and the lines of its log.

Stands lowest, beside the domain, and knows nothing of Remit: whoever does something worth telling is handed a `Telemetry`
(telling.py) by the composition root. What is told of Remit as a whole, from the log and from Temporal, is in monitoring/.
"""
