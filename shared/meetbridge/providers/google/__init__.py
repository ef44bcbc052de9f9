"""Google Calendar v3 and Google's OAuth 2.0."""
