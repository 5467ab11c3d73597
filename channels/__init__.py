"""Text channels into the same record: web chat, e-mail, webhooks. Built after the line answers."""
