"""The composition root: configuration, clock, engines, wiring and the command line. Imports all, imported by none."""
