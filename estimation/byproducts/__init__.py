"""By-products (伴生元素): each with its own support, method, class and status."""
