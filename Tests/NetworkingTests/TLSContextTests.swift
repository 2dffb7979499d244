import Foundation
import Networking
import TestKit
import Testing

@Suite(
  "TLS context", .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct TLSContextTests {
  private let certificates: TestCertificates

  init() throws { self.certificates = try TestCertificates.shared.get() }

  private func message(_ make: () throws -> TLSContext) -> String {
    let error = #expect(throws: NetworkError.self) { _ = try make() }
    #expect(error?.code == .misconfigured)
    return error?.message ?? ""
  }

  @Test("A file that is not there is named, with the reason")
  func missingFiles() {
    let pair = self.certificates.server
    #expect(
      self.message {
        try .server(certificate: "/nowhere/a.pem", key: pair.key, clientAuthority: nil)
      }
        == "the certificate file /nowhere/a.pem cannot be read: No such file or directory")
    #expect(
      self.message {
        try .server(certificate: pair.certificate, key: "/nowhere/a.key", clientAuthority: nil)
      } == "the key file /nowhere/a.key cannot be read: No such file or directory")
    #expect(
      self.message { try .client(authority: "/nowhere/ca.pem", certificate: nil, key: nil) }
        == "the authority file /nowhere/ca.pem cannot be read: No such file or directory")
  }

  @Test("A file that holds something else is named")
  func wrongFiles() {
    let pair = self.certificates.server
    #expect(
      self.message { try .server(certificate: pair.key, key: pair.key, clientAuthority: nil) }
        .contains("\(pair.key) holds no usable certificate in PEM form"))
    #expect(
      self.message {
        try .server(certificate: pair.certificate, key: pair.certificate, clientAuthority: nil)
      }.contains("\(pair.certificate) holds no usable private key in PEM form"))
    #expect(
      self.message { try .client(authority: pair.key, certificate: nil, key: nil) }
        .contains("\(pair.key) holds no certificate in PEM form"))
  }

  @Test("A key of another certificate is recognised")
  func wrongKey() {
    let message = self.message {
      try .server(
        certificate: self.certificates.server.certificate, key: self.certificates.client.key,
        clientAuthority: nil)
    }
    #expect(message.contains("does not belong to the certificate"))
  }

  @Test("An encrypted key is refused, and nobody is asked for a password")
  func encryptedKey() throws {
    let name = "encrypted-\(UUID().uuidString).key"
    try self.certificates.run(
      "pkcs8", "-topk8", "-in", self.certificates.server.key, "-out", name, "-passout", "pass:x")
    let message = self.message {
      try .server(
        certificate: self.certificates.server.certificate, key: self.certificates.path(name),
        clientAuthority: nil)
    }
    #expect(message.contains("it must not be encrypted"))
  }

  @Test("A certificate without its key is refused")
  func certificateAlone() {
    let message = self.message {
      try .client(authority: nil, certificate: self.certificates.client.certificate, key: nil)
    }
    #expect(message.contains("given together"))
  }

  @Test("Protocol names that do not fit into the handshake are refused")
  func protocolNames() {
    for name in ["", String(repeating: "x", count: 256)] {
      #expect(
        self.message { try .client(authority: nil, certificate: nil, key: nil, protocols: [name]) }
          .contains("1 to 255 bytes"))
    }
  }

  @Test("The system's authorities are used when none is named, and the own expiry is known")
  func facts() async throws {
    let context = try TLSContext.client(authority: nil, certificate: nil, key: nil)
    #expect(context.certificateNotAfter == nil)
    let server = try await Contexts.server(.expired)
    #expect(server.certificateNotAfter == .seconds(1_577_923_200))
  }
}
