"""Engines of the `ears` worker: is this voice, and does this sound like the end of a turn?"""
