"""The command line, one module a noun. Heavy imports wait inside the commands: a reader is up in 0.3 seconds."""
