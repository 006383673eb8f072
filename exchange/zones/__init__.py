"""Zones (专题库): a thematic view over several directories, declared by a lead, asked for once, called as one."""
