public import Foundation

/// Certificates for tests, made by the `openssl` command in a temporary folder: an authority, what it has signed, and what goes wrong in
/// practice (expired, signed by somebody else, for another name).
///
/// All keys are P-256; nothing here is secret or good for anything else.
public final class TestCertificates: Sendable {
  /// PEM files of one certificate and its key.
  public struct Pair: Sendable {
    public let certificate: String
    public let key: String
  }

  /// Which certificate; see the property of the same name.
  public enum Kind: String, Sendable {
    case server, client, expired, foreign, reloaded
    case wrongName = "wrong-name"
  }

  /// Certificates made once and shared by all tests of a process; its folder stays until the process ends.
  public static let shared: Result<TestCertificates, any Error> = Result {
    let certificates = try TestCertificates()
    atexit { TestCertificates.removeShared() }
    return certificates
  }

  private static func removeShared() {
    if case .success(let certificates) = Self.shared { certificates.remove() }
  }

  /// Whether `openssl` can be run; for `.enabled(if:)`.
  public static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: Self.command) }
  public static let missingReason = "the openssl command is not installed (apt-get install openssl)"
  private static let command = "/usr/bin/openssl"

  public let folder: URL
  /// The authority's certificate, in PEM.
  public var authority: String { self.path("authority.pem") }
  /// Another authority, which signed ``foreign`` only.
  public var foreignAuthority: String { self.path("foreign-authority.pem") }
  /// For `localhost`, `127.0.0.1` and `::1`; may be used by servers and clients.
  public var server: Pair { self[.server] }
  /// For `gateway.test` and `spiffe://verbatim.test/gateway`; may be used by clients only.
  public var client: Pair { self[.client] }
  /// As ``server``, but its time is over.
  public var expired: Pair { self[.expired] }
  /// As ``server``, but signed by ``foreignAuthority``.
  public var foreign: Pair { self[.foreign] }
  /// As ``server``, but for `elsewhere.test`.
  public var wrongName: Pair { self[.wrongName] }
  /// As ``server``: another certificate with another key, for `localhost` and `reloaded.test`.
  public var reloaded: Pair { self[.reloaded] }

  /// Makes all of them in a new folder.
  public init() throws {
    self.folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-certificates-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    try self.makeAuthority("authority")
    try self.makeAuthority("foreign-authority")
    let names = "DNS:localhost,IP:127.0.0.1,IP:::1"
    let both = "serverAuth,clientAuth"
    try self.make("server", names: names, use: both)
    try self.make(
      "client", names: "DNS:gateway.test,URI:spiffe://verbatim.test/gateway", use: "clientAuth")
    try self.make("expired", names: names, use: both, expired: true)
    try self.make("foreign", names: names, use: both, authority: "foreign-authority")
    try self.make("wrong-name", names: "DNS:elsewhere.test", use: both)
    try self.make("reloaded", names: "DNS:localhost,DNS:reloaded.test", use: both)
  }

  /// Removes the folder.
  public func remove() {
    // One that cannot be removed stays in the system's temporary folder; no test depends on it.
    try? FileManager.default.removeItem(at: self.folder)
  }

  /// A file of the folder.
  public func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

  public subscript(kind: Kind) -> Pair {
    Pair(certificate: self.path("\(kind.rawValue).pem"), key: self.path("\(kind.rawValue).key"))
  }

  // MARK: Making them

  private func makeAuthority(_ name: String) throws {
    try self.run(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "30",
      "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).pem", "-addext",
      "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
  }

  private func make(
    _ name: String, names: String, use: String, authority: String = "authority",
    expired: Bool = false
  ) throws {
    // Every certificate of an authority has its own folder: `openssl ca` keeps a register beside them.
    let register = "\(name).register"
    try FileManager.default.createDirectory(
      at: self.folder.appendingPathComponent(register), withIntermediateDirectories: true)
    let settings = """
      [ca]
      default_ca = it
      [it]
      new_certs_dir = \(register)
      database = \(register)/index
      rand_serial = yes
      default_md = sha256
      policy = any
      x509_extensions = extensions
      [any]
      commonName = supplied
      [extensions]
      basicConstraints = critical,CA:false
      keyUsage = critical,digitalSignature
      extendedKeyUsage = \(use)
      subjectAltName = \(names)
      """
    try Data(settings.utf8).write(to: self.folder.appendingPathComponent("\(register)/settings"))
    try Data().write(to: self.folder.appendingPathComponent("\(register)/index"))
    try self.run(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=\(name)",
      "-keyout", "\(name).key", "-out", "\(register)/request")
    let time =
      expired ? ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"] : ["-days", "30"]
    try self.run(
      ["ca", "-batch", "-notext", "-config", "\(register)/settings", "-in", "\(register)/request"]
        + ["-cert", "\(authority).pem", "-keyfile", "\(authority).key", "-out", "\(name).pem"]
        + time)
  }

  /// Runs `openssl` in the folder.
  public func run(_ arguments: String...) throws { try self.run(arguments) }

  private func run(_ arguments: [String]) throws {
    try TestCommand.run([Self.command] + arguments, in: self.folder)
  }
}
