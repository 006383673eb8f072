"""Many documents under one seal: taken in together, sealed one by one by a bulk task, fetched one by one.

`keeping` takes a batch in and says how far it is; `work` is the task that seals.
"""
