"""Where the data of directories lies: mounts, their probes and how they are."""
