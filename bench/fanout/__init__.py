"""One message to a thousand readers: what it costs here, and what it costs elsewhere on the same machine."""
