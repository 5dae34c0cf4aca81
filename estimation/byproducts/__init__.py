"""By-products: each with its own support, method and class."""
