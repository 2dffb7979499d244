internal import Foundation
internal import Testing

@Suite("deploy/certificates")
struct CertificatesTests {
  @Test("Every certificate is good for TLS in both roles, and every key is its owner's alone")
  func makesGoodCertificates() throws {
    try Shell.withTemporaryFolder { folder in
      let made = try Shell.run("deploy/certificates \(folder)/c")
      #expect(made.status == 0, "\(made.text)")
      for name in ["gateway", "transcript-fetcher", "indexer", "client", "opensearch", "simulator"]
      {
        for purpose in ["sslserver", "sslclient"] {
          let checked = try Shell.run(
            "openssl verify -x509_strict -purpose \(purpose) -CAfile \(folder)/c/ca.pem "
              + "\(folder)/c/\(name).pem")
          #expect(checked.status == 0, "\(name), \(purpose): \(checked.text)")
        }
        let mode = try Shell.run("stat -c %a \(folder)/c/\(name).key")
        #expect(mode.text == "600\n")
      }
    }
  }

  @Test("The identity of a service is in its certificate, and an extra name is added")
  func namesTheService() throws {
    try Shell.withTemporaryFolder { folder in
      _ = try Shell.run("deploy/certificates \(folder)/c gateway.example.org")
      let text = try Shell.run(
        "openssl x509 -in \(folder)/c/gateway.pem -noout -ext subjectAltName"
      ).text
      #expect(text.contains("URI:spiffe://verbatim/gateway"))
      #expect(text.contains("DNS:gateway.example.org"))
    }
  }

  @Test("A second run keeps what is still good, and replaces what is not")
  func repeats() throws {
    try Shell.withTemporaryFolder { folder in
      func hash(_ name: String) throws -> String {
        try Shell.run("sha256sum < \(folder)/c/\(name)").text
      }
      _ = try Shell.run("deploy/certificates \(folder)/c")
      let (gateway, indexer) = (try hash("gateway.pem"), try hash("indexer.pem"))
      _ = try Shell.run("echo damaged > \(folder)/c/indexer.pem; deploy/certificates \(folder)/c")
      #expect(try hash("gateway.pem") == gateway)
      #expect(try hash("indexer.pem") != indexer)
      let verified = try Shell.run(
        "openssl verify -CAfile \(folder)/c/ca.pem \(folder)/c/indexer.pem")
      #expect(verified.status == 0, "\(verified.text)")
    }
  }
}
