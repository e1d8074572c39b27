"""Sample workbooks of a catalog pack."""
