/// The keys that values have in log lines: one list, so that a search for a key finds every line about it.
///
/// Names follow OpenTelemetry's semantic conventions where there is one.
public enum LogKey: String, Hashable, Sendable, CaseIterable {
  // What the work is about.
  case taskID = "task.id"
  case jobID = "job.id"
  case videoID = "video.id"
  case playlistID = "playlist.id"
  case sourceID = "source.id"
  case channelID = "channel.id"
  case entryID = "entry.id"
  case attempt = "task.attempt"
  case stage
  case consumer
  case egress = "egress.identity"
  case language
  case title

  // Calls and connections.
  case rpcMethod = "rpc.method"
  case rpcStatus = "rpc.status_code"
  case streamID = "rpc.stream.id"
  case peerAddress = "peer.address"
  case peerIdentity = "peer.identity"
  case address
  case url
  case host
  case httpStatus = "http.response.status_code"
  case httpMethod = "http.request.method"
  case clientName = "client.name"

  // Tracing.
  case traceID = "trace_id"
  case spanID = "span_id"

  // What happened.
  case error
  case errorKind = "error.type"
  case errorCode = "error.code"
  case errorID = "error.id"
  case reason
  case remedy
  case state
  case outcome
  case signal
  case event

  // How much, how long.
  case duration = "duration_ms"
  case delay = "delay_ms"
  case timeout = "timeout_ms"
  case count
  case total
  case failed
  case bytes
  case limit
  case size
  case offset
  case backlog

  // The process and its set-up.
  case version
  case revision
  case processID = "process.pid"
  case file
  case folder
  case option
  case value
  case shard
  case backend
  case function
  case command
  case key
  case name
}
