"""The queues of jobs and of outgoing events."""
