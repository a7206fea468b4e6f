//! `hearth openapi`: prints the OpenAPI document of the Cinder edge.

use std::io::Write as _;

/// Prints it to standard output.
pub fn run() -> anyhow::Result<()> {
    let document = crate::api::openapi::document()?;
    std::io::stdout().lock().write_all(document.as_bytes())?;
    Ok(())
}
