"""Pages that geologists and operators are given beside the site.

Studies, quality control, surveys, quarantine.
"""
