"""The cost of one message to a thousand readers, here and in other servers on the same machine."""
