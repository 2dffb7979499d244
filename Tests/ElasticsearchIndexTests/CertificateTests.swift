import ElasticsearchIndex
import HTTPServer
import Networking
import Search
import SearchIndexKit
import TestKit
import Testing

@Suite("Elasticsearch index and certificates", .timeLimit(.minutes(1)))
@NetworkActor
struct CertificateTests {
  /// Writes a document to a node with that certificate.
  private static func write(
    as kind: TestCertificates.Kind, clientAuthority: Bool = false, showsCertificate: Bool = false,
    timeout: Duration = .seconds(1),
    check: @NetworkActor (ScriptedCluster, Result<[IndexOutcome], any Error>) throws -> Void
  ) async throws {
    let certificates = try TestCertificates.shared.get()
    let pair = certificates[kind]
    let tls = try TLSContext.server(
      certificate: pair.certificate, key: pair.key,
      clientAuthority: clientAuthority ? certificates.authority : nil)
    try await withCluster(tls: tls) {
      $0.caFile = certificates.authority
      // What is refused is tried again for so long.
      $0.requestTimeout = timeout
      $0.writeTimeout = timeout
      guard showsCertificate else { return }
      $0.clientCertificateFile = certificates.client.certificate
      $0.clientKeyFile = certificates.client.key
    } _: { cluster, index, _ in
      let result: Result<[IndexOutcome], any Error>
      do {
        result = .success(try await index.write(someDocuments(1), to: .default))
      } catch {
        result = .failure(error)
      }
      try check(cluster, result)
    }
  }

  private static func expectWritten(
    _ cluster: ScriptedCluster, _ result: Result<[IndexOutcome], any Error>
  ) throws {
    #expect(try result.get() == [.indexed])
  }

  private static func expectRefused(
    _ cluster: ScriptedCluster, _ result: Result<[IndexOutcome], any Error>,
    _ remedy: String
  ) {
    #expect(cluster.requests.isEmpty, "nothing is sent to somebody unknown")
    let error = #expect(throws: SearchError.self) { try result.get() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(remedy) == true, "\(error?.message ?? "")")
  }

  @Test(
    "A node with a wrong certificate is sent nothing, and the error says where to look",
    .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)),
    arguments: [TestCertificates.Kind.expired, .foreign, .wrongName])
  func wrong(_ kind: TestCertificates.Kind) async throws {
    try await Self.write(as: kind) { Self.expectRefused($0, $1, "Check the file of authorities") }
  }

  @Test(
    "A node with the right one is written to, with our own certificate where it asks for one",
    .enabled(if: TestCertificates.isAvailable, Comment(rawValue: TestCertificates.missingReason)))
  func right() async throws {
    try await Self.write(as: .server, timeout: .seconds(10), check: Self.expectWritten)
    try await Self.write(
      as: .server, clientAuthority: true, showsCertificate: true, timeout: .seconds(10),
      check: Self.expectWritten)
    try await Self.write(as: .server, clientAuthority: true) {
      Self.expectRefused($0, $1, "Does it ask for a client certificate?")
    }
  }
}
