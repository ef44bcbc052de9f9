"""Stand-ins for the services of others, written from their documentation."""
