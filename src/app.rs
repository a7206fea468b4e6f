//! The composition root: config, store, clients, services, router and workers, in that order.
