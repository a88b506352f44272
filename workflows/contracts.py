"""Names that senders of commands and the workflows share."""

WATCHDOG_WORKFLOW = "Watchdog"
POSTMAN_WORKFLOW = "Postman"
DIGESTS_WORKFLOW = "Digests"

DRAINING = "Draining"
"""The run makes way for the next one; the command was not looked at. Send it again."""
OUTCOME_UNKNOWN = "OutcomeUnknown"
"""The log did not answer in time; send the same command again, with the same command id."""
NOT_THIS_STREAM = "NotThisStream"
"""The command names another instruction, or recurrence, than that of the workflow it was sent to."""
