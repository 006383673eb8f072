"""Scenes outside government (社会化应用场景清单): what a bank, a notary, a bidding office may have, and what it had."""
