"""Speech for the bot: how text is read aloud, the voices that read it, and what the caller heard of it."""
