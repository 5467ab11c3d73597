"""The words every room shares: sound, speech, facts, ports and errors. Standard library and numpy only."""
