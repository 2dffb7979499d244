internal import API
internal import Networking
internal import Protobuf
internal import RPC
internal import TestKit
internal import Testing
internal import VerbatimClient

@Suite(
  "Client for other services",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct VerbatimClientTests {
  private static func client(_ port: UInt16) throws -> VerbatimClient {
    let certificates = try TestCertificates.shared.get()
    return try VerbatimClient(
      gateway: "localhost:\(port)",
      tls: .files(
        ca: certificates.authority, certificate: certificates.client.certificate,
        key: certificates.client.key))
  }

  @Test("Submitting, asking and searching are one call each")
  func calls() async throws {
    try await withStubGateway(StubGateway()) { port in
      let verbatim = try Self.client(port)
      let job = try await verbatim.index(url: "https://youtube.com/playlist?list=PL1")
      #expect(job.id == "job-1" && job.url == "https://youtube.com/playlist?list=PL1")
      let same = try await verbatim.job(id: job.id)
      #expect(same == job)
      let results = try await verbatim.search("hello") { $0.pageSize = 7 }
      #expect(results.hits.first?.video?.title == "About hello")
      #expect(results.total == 7)
      let refused = await rpcError { _ = try await verbatim.index(url: "nonsense") }
      #expect(refused?.code == .invalidArgument)
      await verbatim.close()
    }
  }

  @Test("Watching a job goes on when its gateway dies, until the job has ended")
  @NetworkActor
  func watchResumes() async throws {
    let seen = Signal<Int64>()
    let ports = Signal<UInt16>()
    var watching: Task<Void, any Error>?
    let first = StubGateway()
    try await withStubGateway(first) { port in
      ports.send(port)
      let verbatim = try Self.client(port)
      let job = try await verbatim.index(url: "https://youtube.com/playlist?list=PL1")
      watching = Task {
        for try await update in verbatim.watch(jobID: job.id) {
          seen.send(update.job?.counts?.done ?? 0)
        }
        await verbatim.close()
      }
      _ = await first.watched.next()
      first.updates.continuation.yield(.with { $0.job = Self.job(done: 1) })
      let told = [await seen.next(), await seen.next()]
      #expect(told == [0, 1])
    }
    // Another gateway, which knows the same job: what was told already is not told again.
    let second = StubGateway()
    second.state.job = Self.job(done: 1)
    try await withStubGateway(second, port: await ports.next()) { _ in
      _ = await second.watched.next()
      second.updates.continuation.yield(.with { $0.job = Self.job(done: 2) })
      let told = await seen.next()
      #expect(told == 2)
      second.updates.continuation.yield(.with { $0.job = Self.job(done: 3, state: .done) })
      let last = await seen.next()
      #expect(last == 3)
      try await watching?.value
    }
  }

  private static func job(done: Int64, state: GatewayJobState = .running) -> GatewayJob {
    .with {
      $0.id = "job-1"
      $0.state = state
      $0.counts = .with { $0.done = done }
    }
  }

  @Test("An outage that lasts too long ends the watching with its reason")
  func outage() async throws {
    let verbatim = try Self.client(1)
    let error = await rpcError {
      for try await _ in verbatim.watch(jobID: "job-1", maxOutage: .milliseconds(1)) {}
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("localhost:1") == true)
    await verbatim.close()
  }

  @Test("What cannot be used is refused by name")
  func refused() throws {
    #expect(throws: NetworkError.self) {
      try VerbatimClient(gateway: "no-port", tls: .plainTCP)
    }
    #expect(throws: NetworkError.self) {
      try VerbatimClient(
        gateway: "a:1", tls: .files(ca: "/none/ca.pem", certificate: "/none/c", key: "/none/k"))
    }
  }
}
