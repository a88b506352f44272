"""The pages of programmes: how one stands and what it was to be, its measures, its meetings with their reports, what moved
between two moments, and the report for paper.

Each number leads to the measures that it counts. All are as of the page's moment.
"""
