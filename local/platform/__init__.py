"""A small meeting platform: what deploys Meetbridge, so that both sides can be tried."""
