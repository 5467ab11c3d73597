"""The desk's shell: the queue on the clock, its feed, phones of agents, calls back."""
