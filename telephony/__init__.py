"""Signalling and media: how calls come in and sound gets in and out. Knows no recognition and no customers."""
