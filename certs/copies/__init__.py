"""Copies (加注件): artefacts of the library's own, made for one use, with an end; never the issuer's signed bytes."""
