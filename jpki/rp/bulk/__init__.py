"""The sweep over a nation: customers as Parquet files, joined with the revoked by an engine made for columns."""
