"""Who acts when a command is run: the operating system's user, named so in the audit record.

Whoever can run commands on a site holds its files and database already; the rules that the verbs keep (the separation
of duties among them) are kept here too.
"""

import os
import pwd

from base.callers import Caller


def operator() -> Caller:
    """Give the caller that the present user of the machine is."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Caller("person", f"os:{name}", name)
