"""Two addresses of one program: pages for people, and TLS for kiosks. Neither serves what is the other's."""
