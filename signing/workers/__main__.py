"""The program of a process that verifies: `python -m signing.workers LIMITS`, started by `signing.workers.worker`."""

from signing.workers import child, work

if __name__ == "__main__":
    child.serve(work.answered, child.limits_told())
