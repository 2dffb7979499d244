internal import COpenSSL
internal import Glibc

/// Whom a verified certificate names.
public struct PeerIdentity: Hashable, Sendable {
  /// DNS names of the subject alternative names, in their order.
  public var dnsNames: [String]
  /// URIs of the subject alternative names, such as SPIFFE identities, in their order.
  public var uris: [String]
  /// The subject's common name: for logs. Never decide by it, anyone's authority may fill it freely.
  public var commonName: String?
  /// When the certificate expires, since 1970 (UTC).
  public var notAfter: Duration

  /// Names of one certificate beyond this are not looked at.
  public static let maxNames = 100

  public init(
    dnsNames: [String] = [], uris: [String] = [], commonName: String? = nil,
    notAfter: Duration = .zero
  ) {
    self.dnsNames = dnsNames
    self.uris = uris
    self.commonName = commonName
    self.notAfter = notAfter
  }

  /// All names that identify the peer: DNS names, then URIs.
  public var names: [String] { self.dnsNames + self.uris }

  /// Reads an `X509`, which stays its owner's.
  init(_ certificate: OpaquePointer) {
    let names = Certificate.alternativeNames(certificate)
    self.dnsNames = names.compactMap { $0.kind == GEN_DNS ? $0.text : nil }
    self.uris = names.compactMap { $0.kind == GEN_URI ? $0.text : nil }
    self.commonName = Certificate.commonName(certificate)
    self.notAfter = .seconds(Certificate.seconds(X509_get0_notAfter(certificate)))
  }
}

/// What is read out of an `X509`.
enum Certificate {
  struct Name {
    let kind: Int32
    let text: String
  }

  static func alternativeNames(_ certificate: OpaquePointer) -> [Name] {
    guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(names) }
    return (0..<min(copenssl_name_count(names), Int32(PeerIdentity.maxNames))).compactMap { index in
      var kind: Int32 = 0
      guard let name = copenssl_name(names, index), let value = GENERAL_NAME_get0_value(name, &kind)
      else { return nil }
      switch kind {
      case GEN_DNS, GEN_URI:
        return Self.text(value.assumingMemoryBound(to: ASN1_STRING.self)).map {
          Name(kind: kind, text: $0)
        }
      case GEN_IPADD:
        return Self.address(value.assumingMemoryBound(to: ASN1_STRING.self)).map {
          Name(kind: kind, text: $0)
        }
      default: return nil
      }
    }
  }

  static func commonName(_ certificate: OpaquePointer) -> String? {
    guard let subject = X509_get_subject_name(certificate) else { return nil }
    let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
    guard index >= 0, let entry = X509_NAME_get_entry(subject, index),
      let value = X509_NAME_ENTRY_get_data(entry)
    else { return nil }
    return Self.text(value)
  }

  /// Nil for text with a zero byte, which C programs would read as a shorter name, or that is not UTF-8.
  private static func text(_ string: UnsafePointer<ASN1_STRING>) -> String? {
    let bytes = UnsafeBufferPointer(
      start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  private static func address(_ string: UnsafePointer<ASN1_STRING>) -> String? {
    var bytes = Array(
      UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
    let family: Int32
    switch bytes.count {
    case 4: family = AF_INET
    case 16: family = AF_INET6
    default: return nil
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(family, &bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Since 1970, UTC; 0 for a time that cannot be read.
  static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int {
    var parts = tm()
    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0
  }

  /// "2026-01-31 12:00:00 UTC".
  static func date(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unknown time" }
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
  }

  /// "CN=server, O=…", as OpenSSL writes it on one line.
  static func subject(_ certificate: OpaquePointer) -> String {
    Self.line(X509_get_subject_name(certificate))
  }

  static func issuer(_ certificate: OpaquePointer) -> String {
    Self.line(X509_get_issuer_name(certificate))
  }

  private static func line(_ name: OpaquePointer?) -> String {
    guard let name, let bio = BIO_new(BIO_s_mem()) else { return "no name" }
    defer { BIO_free(bio) }
    copenssl_print_name(bio, name)
    var bytes = [UInt8](repeating: 0, count: 300)
    let count = BIO_read(bio, &bytes, Int32(bytes.count))
    return count > 0 ? String(decoding: bytes[..<Int(count)], as: UTF8.self) : "no name"
  }
}
