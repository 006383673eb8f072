"""Signed heads of the ledger's tree, and the witnesses outside this house that remember them."""
