"""Tổng Hợp: consolidates the workbooks of reporting units into a versioned, auditable warehouse."""
