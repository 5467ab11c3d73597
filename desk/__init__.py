"""The human contact centre. Never audio, never SIP: briefs for the person who takes over."""
