"""Files that the site offers beside its pages: workbook, PDF, tables as text, other formats."""
