"""The dialog policy: from turns, keys and time to acts. Everything here is pure."""
