"""The AWS services that the run stands on: a table engine of its own, moto for the rest."""
