"""What docs/performance.md reports. `make bench` runs all; each measurement also runs on its own (`python -m`).

The machine is never quiet, so nothing is compared with a number from elsewhere: what is measured and its baseline take
turns in short rounds of the same run, and what counts is the median of the rounds' ratios.
"""
