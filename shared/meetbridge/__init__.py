"""Calendars and contacts of a meeting platform's users, kept the same as its meetings."""
