"""Recognition: Whisper with a window no longer than the speech, word times, guards, and the commit of live words."""
