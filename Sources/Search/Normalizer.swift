/// Turns text into the tokens that are indexed and looked for.
///
/// The result is text whose tokens are separated by single spaces and hold ASCII letters and digits and scalars beyond
/// ASCII, nothing else. So any tokenizer that splits at spaces finds exactly these tokens: FTS5's `ascii`, a search
/// server's `whitespace`. What a token is, is decided here alone, whichever version of Unicode a back end knows.
///
/// Tokens are those of SQLite's `unicode61 remove_diacritics 2` (letters, numbers, private use), with these differences:
/// compatibility forms are folded (NFKC), ß is ss and ø is o, scripts written without spaces give one token for each
/// character, and vowel signs stay with their letters.
///
/// Not for use by two threads at once: it remembers the foldings that it has computed.
public struct Normalizer {
  /// Goes up whenever the same text gives other tokens than before: what is indexed must then be indexed again.
  public static let version = 1

  /// Remembered foldings, each about 100 bytes; past that number all are forgotten.
  static let maxRememberedFoldings = 8192

  private var remembered: [String: Folding] = [:]

  public init() {}

  /// Appends the tokens of `text` to `output`, after a space if it is not empty.
  ///
  /// - Returns: The number of tokens appended.
  public mutating func append(_ text: String, to output: inout [UInt8]) -> Int {
    var text = text
    if let count = text.withUTF8({ Self.appendASCII($0, to: &output) }) { return count }
    var sink = TextSink(output: output, isFresh: output.isEmpty)
    output = []
    self.tokenize(text, into: &sink)
    output = sink.output
    return sink.count
  }

  /// The tokens of `text`, and where in it each comes from.
  public mutating func tokens(of text: String) -> [Token] {
    var sink = TokenSink()
    self.tokenize(text, into: &sink)
    return sink.tokens
  }

  /// A token and its place.
  public struct Token: Hashable, Sendable {
    /// Normalized.
    public var text: String
    /// In Unicode scalars (code points) of the original text.
    public var range: Range<Int>
  }

  /// Nil, and nothing appended, when there is a byte beyond ASCII.
  ///
  /// Nearly all that is indexed goes through here, a byte at a time: into memory of fixed size, which needs no check of the
  /// room that is left.
  private static func appendASCII(
    _ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
  ) -> Int? {
    guard bytes.reduce(0, { $0 | $1 }) < 0x80 else { return nil }
    let isFresh = output.isEmpty
    return Self.asciiFolding.withUnsafeBufferPointer { folding in
      // Each token has at least a separator's byte in front of it, but for the first.
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 1) { buffer in
        var written = 0
        var count = 0
        var index = 0
        while index < bytes.count {
          var folded = folding[Int(bytes[index])]
          index &+= 1
          guard folded != 0 else { continue }
          if count > 0 || !isFresh {
            buffer[written] = UInt8(ascii: " ")
            written &+= 1
          }
          count &+= 1
          let end = written &+ SearchLimits.maxTokenBytes
          while folded != 0 {
            if written < end {
              buffer[written] = folded
              written &+= 1
            }
            guard index < bytes.count else { break }
            folded = folding[Int(bytes[index])]
            index &+= 1
          }
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<written]))
        return count
      }
    }
  }

  /// Of ASCII. 0: separates; else: the byte in lower case.
  private static let asciiFolding: [UInt8] = (0..<0x80).map { value in
    switch UInt8(value) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): UInt8(value)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(value) + 32
    default: 0
    }
  }

  private mutating func tokenize(_ text: String, into sink: inout some NormalizerSink) {
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    var position = 0
    while index < scalars.endIndex {
      let first = scalars[index]
      var end = scalars.index(after: index)
      let start = position
      position += 1
      while end < scalars.endIndex, position - start < Self.maxClusterScalars,
        Self.extendsCluster(scalars[end])
      {
        end = scalars.index(after: end)
        position += 1
      }
      let place = start..<position
      if position == start + 1, let direct = Self.directFolding(first) {
        sink.add(direct.scalar, direct.characterClass, at: place)
      } else {
        for piece in self.folding(of: String(scalars[index..<end])).pieces {
          sink.add(piece.scalar, piece.characterClass, at: place)
        }
      }
      index = end
    }
  }

  /// The foldings that need no table: ASCII, Han, composed Hangul.
  private static func directFolding(_ scalar: Unicode.Scalar) -> Folding.Piece? {
    switch scalar.value {
    case 0..<0x80:
      let folded = Self.asciiFolding[Int(scalar.value)]
      return folded != 0
        ? Folding.Piece(scalar: Unicode.Scalar(folded), characterClass: .word)
        : Folding.Piece(scalar: " ", characterClass: .separator)
    case 0x4E00...0x9FFF: return Folding.Piece(scalar: scalar, characterClass: .single)
    case 0xAC00...0xD7A3: return Folding.Piece(scalar: scalar, characterClass: .word)
    default: return nil
    }
  }

  /// No script needs as many (UAX #15, stream-safe text). Putting marks in order costs the square of their number, and
  /// the text is anybody's.
  private static let maxClusterScalars = 31

  /// Combining marks, Hangul vowels and finals, halfwidth voicing marks.
  private static func extendsCluster(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300, 0x3400...0x9FFF, 0xAC00...0xD7A3: return false
    case 0x1160...0x11FF, 0xD7B0...0xD7FF, 0xFF9E, 0xFF9F: return true
    default:
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: return true
      default: return false
      }
    }
  }

  private mutating func folding(of cluster: String) -> Folding {
    if let known = self.remembered[cluster] { return known }
    if self.remembered.count >= Self.maxRememberedFoldings { self.remembered = [:] }
    let folding = Folding(cluster)
    self.remembered[cluster] = folding
    return folding
  }
}
