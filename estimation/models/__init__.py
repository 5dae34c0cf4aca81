"""Block models: tiles, their keys, and the transactional store that keeps vintages."""
