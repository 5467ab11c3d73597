"""RTP without sockets or clocks: packets in, one frame a tick out. Time is an argument everywhere."""
