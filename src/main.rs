//! `hearth`: see `hearth --help` and the README.

fn main() {}
