"""Text channels in the running service: conversations, the talk in writing, the web chat, mail and webhooks."""
