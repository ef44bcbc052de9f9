"""What calls functions besides the API: queues, the table's stream, schedules."""
