"""Sound to meaning to sound: knows no SIP, no HTTP and no database."""
