"""How well the linker tells people apart, on records with truth: ``python -m bench.linkage``."""
