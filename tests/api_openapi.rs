//! The OpenAPI file and the route table are equal.

#[test]
fn the_file_is_what_the_table_says() {
    let table = hearth::api::openapi::document().unwrap();
    let file = include_str!("../api-ref/openapi.yaml");
    assert!(
        table == file,
        "api-ref/openapi.yaml is not what the route table says; run `hearth openapi > api-ref/openapi.yaml`"
    );
}
