import Foundation
import JSON

/// Files that tests read.
enum Fixture {
  /// The folder of recorded responses that are not part of this package; nil when it is not there.
  static let folder = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]

  static let why = "VERBATIM_FIXTURES does not name the folder of recorded responses"

  /// A file of this target.
  static func own(_ name: String) throws -> [UInt8] {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/\(name)")
    return Array(try Data(contentsOf: url))
  }

  /// A recorded response.
  static func recorded(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(Self.folder ?? "")/youtube/\(path)")))
  }

  /// What a recorded response must give.
  static func expectation(of path: String) throws -> JSONValue {
    let index = try JSONDocument(parsing: try Self.recorded("index.json"))
    let entry = index.root.elements.first { $0["file"]?.string == path }
    guard let expected = entry?["expect"] else { throw CocoaError(.fileReadNoSuchFile) }
    return expected
  }
}

/// SHA-256 as in FIPS 180-4, for comparing with recorded sums.
func sha256(_ text: String) -> String {
  var message = Array(text.utf8)
  let bits = UInt64(message.count) * 8
  message.append(0x80)
  while message.count % 64 != 56 { message.append(0) }
  message += (0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> (UInt64($0) * 8)) }
  var hash: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }
  for start in stride(from: 0, to: message.count, by: 64) {
    var words = (0..<16).map { index in
      message[(start + index * 4)..<(start + index * 4 + 4)].reduce(UInt32(0)) {
        $0 << 8 | UInt32($1)
      }
    }
    for index in 16..<64 {
      let a = words[index - 15]
      let b = words[index - 2]
      let low = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
      let high = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
      words.append(words[index - 16] &+ low &+ words[index - 7] &+ high)
    }
    var state = hash
    for index in 0..<64 {
      let e = state[4]
      let choice = (e & state[5]) ^ (~e & state[6])
      let first =
        state[7] &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice
        &+ sha256Constants[index] &+ words[index]
      let a = state[0]
      let majority = (a & state[1]) ^ (a & state[2]) ^ (state[1] & state[2])
      let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
      state = [first &+ second] + state[0..<3] + [state[3] &+ first] + state[4..<7]
    }
    for index in 0..<8 { hash[index] &+= state[index] }
  }
  return hash.map { String(format: "%08x", $0) }.joined()
}

/// The fractional parts of the cube roots of the first 64 primes.
private let sha256Constants: [UInt32] = (2...311)
  .filter { n in (2..<n).allSatisfy { n % $0 != 0 || $0 * $0 > n } }
  .map { prime in
    // Exact in integers: the whole part of the cube root of prime * 2^96, less its whole part.
    var low: UInt64 = 0
    var high: UInt64 = 1 << 36
    let target = Float80(prime) * Float80(sign: .plus, exponent: 96, significand: 1)
    while low + 1 < high {
      let middle = (low + high) / 2
      let root = Float80(middle)
      if root * root * root <= target { low = middle } else { high = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }

extension Fixture {
  /// The files of a kind in the index, with what each must give.
  static func entries(_ prefix: String) throws -> [(path: String, expected: JSONValue)] {
    let index = try JSONDocument(parsing: try Self.recorded("index.json"))
    return index.root.elements.compactMap { entry in
      guard let path = entry["file"]?.string, path.hasPrefix(prefix), let expected = entry["expect"]
      else { return nil }
      return (path, expected)
    }
  }
}
