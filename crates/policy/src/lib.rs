//! Policy as code.
