"""Webhooks: the contract with adapters of SMS, WhatsApp and social providers, and its signatures. Pure."""
