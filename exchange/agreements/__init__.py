"""Who may use which data for what: requests, contracts, grants, use lists, kinds of callers."""
