//! The edges: Cinder v3 and the fleet API. axum lives only here.
