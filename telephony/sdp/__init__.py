"""Session descriptions and offer/answer without I/O (RFC 8866, 3264)."""
