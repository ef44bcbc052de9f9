"""API Gateway's HTTP API, as far as AWS documents it: payload 2.0, the JWT authorizer, the quotas."""
