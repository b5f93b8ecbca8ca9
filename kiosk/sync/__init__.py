"""The way to the server and back, in its own thread; no screen waits for anything in here."""
