//! Calls the gateway over TLS with the ttrpc crate: submits a playlist, reads its job, and meets an error.
//!
//!     verbatim-rust-client ADDRESS SERVER-NAME CERTIFICATE-FOLDER

mod tunnel;

#[allow(warnings)]
mod messages {
    include!(concat!(env!("OUT_DIR"), "/mod.rs"));
}

use messages::gateway::{GetJobRequest, GetJobResponse, SubmitPlaylistRequest, SubmitPlaylistResponse};
use protobuf::Message;
use std::error::Error;
use std::path::Path;

const SERVICE: &str = "verbatim.gateway.v1.GatewayService";
const TIMEOUT_NANOSECONDS: i64 = 5_000_000_000;

/// One call: what ttrpc's own generator writes for each method.
fn call<Response: Message>(
    client: &ttrpc::Client,
    method: &str,
    request: &impl Message,
) -> ttrpc::Result<Response> {
    let failed = |error| ttrpc::Error::Others(format!("{method}: {error}"));
    let mut envelope = ttrpc::Request::new();
    envelope.set_service(SERVICE.into());
    envelope.set_method(method.into());
    envelope.set_timeout_nano(TIMEOUT_NANOSECONDS);
    envelope.set_payload(request.write_to_bytes().map_err(failed)?);
    let response = client.request(envelope)?;
    Response::parse_from_bytes(&response.payload).map_err(failed)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, name, folder] = arguments.as_slice() else {
        return Err("usage: verbatim-rust-client ADDRESS SERVER-NAME CERTIFICATE-FOLDER".into());
    };
    let client = ttrpc::Client::new(tunnel::connect(address, name, Path::new(folder))?);

    let mut submit = SubmitPlaylistRequest::new();
    submit.set_url("https://www.youtube.com/playlist?list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf".into());
    let submitted: SubmitPlaylistResponse = call(&client, "SubmitPlaylist", &submit)?;
    let id = submitted.get_job().get_id();
    println!("job {id}: {}, created {}", submitted.get_job().get_url(), submitted.get_created());

    let mut get = GetJobRequest::new();
    get.set_job_id(id.into());
    let job: GetJobResponse = call(&client, "GetJob", &get)?;
    assert_eq!(job.get_job().get_id(), id);
    println!("state {:?}", job.get_job().get_state());

    get.set_job_id("no-such-job".into());
    match call::<GetJobResponse>(&client, "GetJob", &get) {
        Err(ttrpc::Error::RpcStatus(status)) => {
            println!("{:?}: {}", status.get_code(), status.get_message());
            assert_eq!(status.get_code(), ttrpc::Code::NOT_FOUND);
        }
        other => return Err(format!("expected NOT_FOUND, got {other:?}").into()),
    }
    println!("3 passed, 0 failed");
    Ok(())
}
