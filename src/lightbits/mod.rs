//! The client of ONE Lightbits cluster.
