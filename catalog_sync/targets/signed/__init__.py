"""Platforms that are told JSON over SM2-signed calls: their dialects as data, answers, calls, and the target itself."""
