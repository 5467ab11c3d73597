"""Sound on its way to the engines: resampled once to 16 kHz and kept for a while on the media clock."""
