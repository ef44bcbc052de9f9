"""Lambda's part: warm processes that import the real functions."""
