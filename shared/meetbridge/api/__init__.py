"""The HTTP edge that the handlers share: models, problem+json, identity."""
