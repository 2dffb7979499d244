internal import Foundation
internal import TestKit
internal import Testing

/// What a server offers to whoever connects, seen from outside by tools that share no code with us.
@Suite(
  "What TLS offers", .timeLimit(.minutes(2)),
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct OfferTests {
  private static let sslscan = URL(filePath: "/usr/bin/sslscan")
  private static let openssl = URL(filePath: "/usr/bin/openssl")

  /// The values of an attribute in all tags of a name that have certain others.
  private static func values(
    _ attribute: String, of tag: String, with condition: String? = nil, in xml: String
  ) -> [String] {
    xml.split(separator: "\n")
      .filter { $0.contains("<\(tag) ") && (condition.map($0.contains) ?? true) }
      .compactMap { line in
        guard let start = line.range(of: " \(attribute)=\"") else { return nil }
        return String(line[start.upperBound...].prefix { $0 != "\"" })
      }
  }

  @Test(
    "sslscan sees TLS 1.3, three suites and fast groups, and nothing else",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: sslscan.path),
      "sslscan is not installed (apt-get install sslscan)"))
  func scan() async throws {
    try await Connection.with(.extended) { connection in
      let run = try await Program.run(Self.sslscan, ["--xml=-", "127.0.0.1:\(connection.port)"])
      let xml = run.output
      let protocols = Self.values("version", of: "protocol", with: "enabled=\"1\"", in: xml)
      #expect(run.status == 0, "\(xml)")
      #expect(protocols == ["1.3"], "\(xml)")
      let suites = Self.values("cipher", of: "cipher", in: xml)
      #expect(
        suites == [
          "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
        ])
      // sslscan 2.0 does not ask for the post-quantum hybrid, which OpenSSL 3.5 would add.
      let groups = Self.values("id", of: "group", in: xml)
      #expect(groups == ["0x0017", "0x0018", "0x001d"], "P-256, P-384, X25519")
      #expect(Self.values("supported", of: "renegotiation", in: xml) == ["0"])
      #expect(Self.values("vulnerable", of: "heartbleed", in: xml).allSatisfy { $0 == "0" })
    }
  }

  /// What openssl's client says of a connection that it ends at once.
  private static func connect(_ port: UInt16, _ options: [String]) async throws -> String {
    let certificates = try TestCertificates.shared.get()
    return try await Program.run(
      Self.openssl,
      [
        "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", certificates.authority,
        "-cert", certificates.client.certificate, "-key", certificates.client.key,
      ] + options, input: "Q\n"
    ).output
  }

  @Test(
    "Older protocols and unknown applications are refused with an alert that says so",
    arguments: [
      (["-tls1_2"], "alert protocol version"), (["-tls1_1"], "alert protocol version"),
      (["-alpn", "h2,http/1.1"], "alert no application protocol"),
      (["-groups", "P-521"], "alert handshake failure"),
      (["-ciphersuites", "TLS_AES_128_CCM_SHA256"], "alert handshake failure"),
    ])
  func refused(options: [String], alert: String) async throws {
    try await Connection.with(.extended) { connection in
      // Security level 0: the client itself would not even try TLS 1.1 otherwise.
      let output = try await Self.connect(
        connection.port, options + ["-cipher", "DEFAULT@SECLEVEL=0"])
      #expect(output.contains(alert), "\(output)")
      #expect(output.contains("Cipher is (NONE)"))
    }
  }

  @Test(
    "The application protocol is agreed on where it is offered, and not needed",
    arguments: [
      (["-alpn", "verbatim-rpc/1"], "ALPN protocol: verbatim-rpc/1"),
      (["-alpn", "h2,ttrpc"], "ALPN protocol: ttrpc"), ([], "No ALPN negotiated"),
    ])
  func application(options: [String], agreed: String) async throws {
    try await Connection.with(.extended) { connection in
      let output = try await Self.connect(connection.port, options)
      #expect(output.contains(agreed), "\(output)")
      #expect(output.contains("New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256"))
      #expect(output.contains("Verify return code: 0 (ok)"))
    }
  }

  @Test("No compression, no renegotiation, no tickets, and so no early data")
  func extras() async throws {
    try await Connection.with(.extended) { connection in
      let output = try await Self.connect(connection.port, ["-alpn", "verbatim-rpc/1"])
      #expect(output.contains("Compression: NONE"))
      #expect(output.contains("Secure Renegotiation IS NOT supported"))
      #expect(!output.contains("New Session Ticket"), "\(output)")
      #expect(output.contains("Early data was not sent"))
    }
  }

  @Test("A client without a certificate is refused with an alert")
  func certificate() async throws {
    try await Connection.with(.extended) { connection in
      let run = try await Program.run(
        Self.openssl, ["s_client", "-connect", "127.0.0.1:\(connection.port)", "-ign_eof"])
      #expect(run.output.contains("alert certificate required"), "\(run.output)")
    }
  }
}
