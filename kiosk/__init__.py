"""The kiosk: a touch screen, a scanner and a printer that record facts with or without a network.

Use cases and flow know the ports of :mod:`kiosk.ports`; what stands behind a port is chosen in
:mod:`kiosk.bootstrap` and nowhere else.
"""
