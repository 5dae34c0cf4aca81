"""What must hold of drill-holes before anything is computed from them, table by table."""
