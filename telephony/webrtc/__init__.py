"""Callers from the browser. aiortc does ICE, DTLS and SDP; the sound goes through our jitter buffer and our ticker."""
