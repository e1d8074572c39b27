"""Airflow on this machine: its settings, its processes under a supervisor, its REST API, and the demonstration run."""
