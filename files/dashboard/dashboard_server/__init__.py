"""How the dashboard meets the network: a worker of gunicorn's in which a slow client costs a connection, never a thread.

One event loop speaks TLS and HTTP; a request reaches a thread and the application once it is there as a whole. It
imports nothing of the application, so that gunicorn's master, which loads it, can start new code with a signal.
"""
