//! Log set-up and all metric names.
