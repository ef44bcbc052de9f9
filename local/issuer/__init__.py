"""A small OIDC issuer with sample people, in the place of the platform's own."""
