"""Scanner, printer, voice, clock, watchdog, keystore and witness: each a port, one real, one virtual."""
