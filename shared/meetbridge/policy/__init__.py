"""What an account allows: pure decisions over frozen values."""
