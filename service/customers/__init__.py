"""Customer records in the service: found and linked in calls, shown to staff, imported, exported, erased."""
