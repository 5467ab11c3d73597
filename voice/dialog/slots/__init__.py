"""Spoken values to their normal form."""
