//! The schema that editors read is that of the code.

use super::Config;

#[test]
fn the_schema_in_the_repository_is_that_of_the_code() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Config)).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/retold.schema.json");
    if std::env::var_os("RETOLD_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == schema,
        "{path} is not that of the code: run this test with RETOLD_WRITE_SCHEMA=1 and look at the change"
    );
}
