"""Custody of private keys: which keys this site holds, what each is for, who let it in, and whether it may be used."""
