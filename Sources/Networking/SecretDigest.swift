internal import COpenSSL

/// SHA-256 by OpenSSL, and a comparison that takes as long for a wrong value as for the right one.
///
/// For secrets that are random and long, such as tokens: nobody can try them out, so a fast hash does. Passwords need another.
public struct SecretDigest: Sendable {
  /// Bytes of a digest.
  public static let byteCount = 32

  /// The digest.
  public let bytes: [UInt8]

  /// The digest of a secret behind its salt.
  public init(salt: [UInt8], secret: some Sequence<UInt8>) {
    let input = salt + secret
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    var count: UInt32 = 0
    let result = EVP_Digest(input, input.count, &bytes, &count, EVP_sha256(), nil)
    precondition(result == 1 && Int(count) == Self.byteCount, "OpenSSL has no SHA-256")
    self.bytes = bytes
  }

  /// Whether it is this digest. Takes the same time wherever they differ.
  public func matches(_ bytes: [UInt8]) -> Bool {
    bytes.count == Self.byteCount && CRYPTO_memcmp(bytes, self.bytes, Self.byteCount) == 0
  }
}
