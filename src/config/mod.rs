//! Settings: figment, a file a topic.
