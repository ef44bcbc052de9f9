"""Where things are kept: one DynamoDB table, or memory in tests."""
