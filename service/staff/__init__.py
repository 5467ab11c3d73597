"""Members of staff: accounts, sessions, signing in, and what is kept of who did what."""
