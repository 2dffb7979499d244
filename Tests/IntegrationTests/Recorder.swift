import API
import Foundation
import Networking
import Protobuf
import RPC
import RPCTransport

/// A fetcher and indexer of the test itself, which a real gateway calls: notes what arrives, and answers or holds it.
struct Recorder {
  /// A call as its handler sees it.
  struct Arrival: Sendable {
    let method: String
    let metadata: RPCMetadata
    /// What was left of its time when it arrived.
    let timeLeft: Duration?

    var trace: TraceContext? { self.metadata[RPCContext.traceparentKey].flatMap(TraceContext.init) }
  }

  /// A held call whose handler was cancelled.
  struct Cancellation: Sendable {
    let method: String
    /// What was left of its time then; nothing when its deadline did it.
    let timeLeft: Duration?
  }

  /// A search for it, and every listing and export, is held until it is cancelled.
  static let held = "hold"

  private let arrivals = AsyncStream.makeStream(of: Arrival.self)
  private let cancellations = AsyncStream.makeStream(of: Cancellation.self)
  var arrived: AsyncStream<Arrival> { self.arrivals.stream }
  var cancelled: AsyncStream<Cancellation> { self.cancellations.stream }

  private func note(_ context: RPCContext) {
    self.arrivals.continuation.yield(
      Arrival(
        method: context.method, metadata: context.metadata,
        timeLeft: context.deadline.map { $0 - .now }))
  }

  /// Until the call's task is cancelled.
  private func hold(_ context: RPCContext) async throws {
    let (never, open) = AsyncStream.makeStream(of: Never.self)
    for await _ in never {}
    open.finish()
    self.cancellations.continuation.yield(
      Cancellation(method: context.method, timeLeft: context.deadline.map { $0 - .now }))
    throw CancellationError()
  }

  private struct Indexer: RPCService {
    static let serviceName = IndexerMethods.service
    let recorder: Recorder

    var handlers: [RPCHandler] {
      [
        RPCHandler(unary: IndexerMethods.search) { request, context in
          self.recorder.note(context)
          if request.query?.text == Recorder.held { try await self.recorder.hold(context) }
          return IndexerSearchResponse()
        }
      ]
    }
  }

  private struct Index: RPCService {
    static let serviceName = IndexMethods.service
    let recorder: Recorder

    var handlers: [RPCHandler] {
      [
        RPCHandler(serverStreaming: IndexMethods.exportHits) { _, responses, context in
          self.recorder.note(context)
          try await responses.send(IndexExportHitsResponse())
          try await self.recorder.hold(context)
        }
      ]
    }
  }

  private struct Fetcher: RPCService {
    static let serviceName = FetcherMethods.service
    let recorder: Recorder

    var handlers: [RPCHandler] {
      [
        RPCHandler(serverStreaming: FetcherMethods.listPlaylist) { _, _, context in
          self.recorder.note(context)
          try await self.recorder.hold(context)
        }
      ]
    }
  }

  /// Serves on `port` as `name`, with the cluster's certificate for it, while `body` runs.
  func serving(
    _ port: UInt16, as name: String, of cluster: Cluster, _ body: () async throws -> Void
  ) async throws {
    let server = try await RPCServer(
      address: "127.0.0.1", port: port,
      tls: .server(
        certificate: cluster.file("\(name).pem"), key: cluster.file("\(name).key"),
        clientAuthority: cluster.file("ca.pem"), protocols: RPCProtocol.names),
      services: [
        Indexer(recorder: self), Index(recorder: self), Fetcher(recorder: self),
      ])
    let running = Task { await server.run() }
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    running.cancel()
    await running.value
    try result.get()
  }
}
