"""Promises (告知承诺) as a shared resource: what was promised, whether it was fulfilled, and who is told that not."""
