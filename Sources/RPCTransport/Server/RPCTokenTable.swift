internal import Networking

/// Tokens of callers without certificates, and as whom each counts.
///
/// A caller sends `authorization: Bearer NAME.SECRET` in its metadata. The table has, for each name, the identity and a salted SHA-256 of the
/// secret, so that who reads the file cannot call. `deploy/token` makes tokens and lines:
///
///     # name   identity               salt (hex)                         SHA-256 of salt and secret (hex)
///     7f3a09c1 spiffe://example/batch 0f5c…                              9b21…
public struct RPCTokenTable: Sendable {
  /// The metadata key.
  public static let metadataKey = "authorization"
  /// Goes before the token.
  public static let scheme = "Bearer "
  /// A token that is longer is not looked at.
  static let maxTokenBytes = 512
  private static let minSaltBytes = 8

  private struct Entry: Sendable {
    let identity: String
    let salt: [UInt8]
    let digest: [UInt8]
  }

  /// Why a table cannot be used; names the line.
  public struct FormatError: Error, CustomStringConvertible {
    /// For operators.
    public let description: String
  }

  private let entries: [String: Entry]

  /// Reads lines of text.
  ///
  /// - Parameter name: Of the text, for errors.
  public init(text: String, name: String = "the token table") throws {
    var entries: [String: Entry] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      if words.isEmpty { continue }
      guard words.count == 4, let salt = Self.bytes(words[2]), let digest = Self.bytes(words[3]),
        salt.count >= Self.minSaltBytes, digest.count == SecretDigest.byteCount
      else {
        throw FormatError(
          description:
            "\(name), line \(index + 1): not NAME IDENTITY SALT SHA256, both of them hex; deploy/token writes such lines"
        )
      }
      guard
        entries.updateValue(
          Entry(identity: words[1], salt: salt, digest: digest), forKey: words[0]) == nil
      else {
        throw FormatError(description: "\(name), line \(index + 1): \(words[0]) was there before")
      }
    }
    self.entries = entries
  }

  /// As whom a caller counts; nil: the token is none of these.
  ///
  /// - Parameter authorization: The value of the metadata.
  func identity(_ authorization: String) -> String? {
    guard authorization.utf8.count <= Self.maxTokenBytes,
      authorization.prefix(Self.scheme.count).lowercased() == Self.scheme.lowercased()
    else { return nil }
    let parts = authorization.dropFirst(Self.scheme.count).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    // A name that is not there takes as long as one that is: names are not secret, but there is no need to tell them.
    let entry = parts.first.flatMap { self.entries[String($0)] }
    let secret = parts.count == 2 ? parts[1] : ""
    let digest = SecretDigest(salt: entry?.salt ?? [], secret: secret.utf8)
    guard let entry, digest.matches(entry.digest), !secret.isEmpty else { return nil }
    return entry.identity
  }

  private static func bytes(_ hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard
        let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
