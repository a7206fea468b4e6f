//! The OpenAPI file and the route table are equal.

use std::io::Write as _;

#[test]
fn the_file_is_what_the_table_says() {
    let table = hearth::api::openapi::document().unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/api-ref/openapi.yaml");
    if std::env::var_os("HEARTH_WRITE_API_REF").is_some() {
        std::fs::File::create(path).unwrap().write_all(table.as_bytes()).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(
        table == file,
        "api-ref/openapi.yaml is not what the route table says; run `hearth openapi > api-ref/openapi.yaml`"
    );
}
