"""Whose turn it is: when the caller starts, pauses, goes on, is done, and when the bot has to yield. Pure."""
