"""From a file's cells to a table: sheets, headers, columns, templates, laboratory forms."""
