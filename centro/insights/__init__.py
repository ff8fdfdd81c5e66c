"""What the country complains about, and who answers: facts, metrics, dashboards."""
