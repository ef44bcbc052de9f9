"""Google Calendar v3 and Google's OAuth on one machine, written from the discovery document and the reference.

It exists so that the whole product can be run and tested without an account at Google. It is as strict
as the documentation, so that what passes here has a chance there.
"""
