"""A SIP user agent without I/O: bytes and the time go in, bytes and news come out (RFC 3261, 6026, 3581)."""
