"""What Meetbridge talks about: frozen values, no I/O, the names of RFC 5545 and the providers' APIs."""
