"""Speed against peers, measured side by side on this machine: ``make bench``."""
