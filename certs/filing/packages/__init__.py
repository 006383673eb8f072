"""一件事: several matters filed at once: one receipt, one set of papers, one supplement, one delivery, one view."""
