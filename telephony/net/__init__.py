"""The asyncio shell around the pure rooms of telephony: sockets, timers, addresses."""
