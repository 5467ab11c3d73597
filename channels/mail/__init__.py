"""E-mail: parsing what comes, composing what goes. Pure; the lines to mail servers are in `service/channels`."""
