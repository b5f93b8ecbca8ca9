"""What kiosk and server must agree on: bytes, signatures, links, numbers.

Owns every byte that is signed or stored for ever. Refuses to own a clock, a file, a socket, a
thread or SQL; the only randomness is the ephemeral key of :func:`shared.sealing.seal`.
"""
