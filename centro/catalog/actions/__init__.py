"""Everything that may happen to calendars, agreements and routing. Each is one use case.

What follows for cases that are under way is not known here: cases.actions.retargeting.
"""
