"""The published snapshot: immutable Parquet, a manifest, and a small DuckDB file of views and the dictionary."""
