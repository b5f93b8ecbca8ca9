"""Receiving what kiosks send: hello, batches, blobs; receipts; nothing of what the records mean."""
