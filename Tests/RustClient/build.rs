//! Makes the messages from proto-spec, whose folder is in PROTO_SPEC.

fn main() {
    println!("cargo:rerun-if-env-changed=PROTO_SPEC");
    let spec = std::env::var("PROTO_SPEC").expect("PROTO_SPEC names the folder proto-spec");
    let file = |name: &str| format!("{spec}/verbatim/{name}");
    protobuf_codegen_pure::Codegen::new()
        .out_dir(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"))
        .inputs(&[
            file("gateway/v1/gateway.proto"),
            file("v1/content.proto"),
            file("v1/search.proto"),
        ])
        // A module of modules: the files have inner attributes, which cannot be included by themselves.
        .customize(protobuf_codegen_pure::Customize {
            gen_mod_rs: Some(true),
            ..Default::default()
        })
        .includes(&[spec.as_str(), "/usr/include"])
        .run()
        .expect("proto-spec compiles");
}
