import API
import Protobuf
import RPC

/// Playlists that the simulator has.
enum TestPlaylists {
  /// Talks of our own.
  static let samples = "PLsamples-talks"
  static let isPrivate = "PLsim-private"

  static func synthetic(_ videos: Int) -> String { "PLsim-\(videos)" }
}

extension GatewayClient {
  func submit(_ url: String) async throws -> GatewayJob {
    var request = GatewaySubmitPlaylistRequest()
    request.url = url
    return try await self.submitPlaylist(request).job ?? GatewayJob()
  }

  /// Follows a job to its end and returns it as it is then.
  func watch(
    _ id: String, _ onChange: (GatewayJob) throws -> Void
  ) async throws -> GatewayJob {
    var request = GatewayWatchJobRequest()
    request.jobId = id
    var last = GatewayJob()
    for try await change in self.watchJob(request) {
      last = change.job ?? last
      try onChange(last)
    }
    return last
  }

  /// Follows a job until so many of its videos are done, or it has ended.
  func watch(_ id: String, untilDone count: Int64) async throws {
    for try await change in self.watchJob(.with { $0.jobId = id }) {
      if let done = change.job?.counts?.done, done >= count { return }
    }
  }

  /// Follows a job to its end, again and again while the stream breaks off.
  func watchUntilEnd(_ id: String) async throws -> GatewayJob {
    for _ in 0..<200 {
      do {
        let job = try await self.watch(id) { _ in }
        if job.state != .running { return job }
      } catch let error as RPCError where error.code == .unavailable {
        // Whoever answers has to come back first: nothing tells when.
        try await Task.sleep(for: .milliseconds(100), clock: .continuous)
      }
    }
    throw ClusterError("job \(id) could not be followed to its end")
  }

  func index(_ url: String) async throws -> GatewayJob {
    try await self.watchUntilEnd(try await self.submit(url).id)
  }
}
