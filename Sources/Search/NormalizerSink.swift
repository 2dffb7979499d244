/// Takes the folded scalars of a text, and makes tokens of them.
protocol NormalizerSink {
  mutating func add(
    _ scalar: Unicode.Scalar, _ characterClass: CharacterClass, at place: Range<Int>)
}

/// Makes normalized text.
struct TextSink: NormalizerSink {
  var output: [UInt8]
  /// Nothing is in front of the first token.
  var isFresh: Bool
  var count = 0
  private var tokenBytes = 0
  private var isOpen = false
  private var isSingle = false

  init(output: [UInt8], isFresh: Bool) {
    self.output = output
    self.isFresh = isFresh
  }

  mutating func add(
    _ scalar: Unicode.Scalar, _ characterClass: CharacterClass, at place: Range<Int>
  ) {
    switch characterClass {
    case .separator: self.isOpen = false
    case .ignored: break
    case .mark: if self.isOpen { self.append(scalar) }
    case .word:
      if !self.isOpen || self.isSingle { self.begin(single: false) }
      self.append(scalar)
    case .single:
      self.begin(single: true)
      self.append(scalar)
    }
  }

  private mutating func begin(single: Bool) {
    if !self.isFresh { self.output.append(UInt8(ascii: " ")) }
    self.isFresh = false
    self.isOpen = true
    self.isSingle = single
    self.tokenBytes = 0
    self.count += 1
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    guard self.tokenBytes < SearchLimits.maxTokenBytes else { return }
    let before = self.output.count
    self.output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    self.tokenBytes += self.output.count - before
  }
}

/// Makes tokens with their places.
struct TokenSink: NormalizerSink {
  var tokens: [Normalizer.Token] = []
  private var isOpen = false
  private var isSingle = false

  mutating func add(
    _ scalar: Unicode.Scalar, _ characterClass: CharacterClass, at place: Range<Int>
  ) {
    switch characterClass {
    case .separator: self.isOpen = false
    case .ignored: break
    case .mark: if self.isOpen { self.append(scalar, place) }
    case .word where self.isOpen && !self.isSingle: self.append(scalar, place)
    case .word, .single:
      self.isOpen = true
      self.isSingle = characterClass == .single
      self.tokens.append(Normalizer.Token(text: String(Character(scalar)), range: place))
    }
  }

  private mutating func append(_ scalar: Unicode.Scalar, _ place: Range<Int>) {
    let last = self.tokens.count - 1
    let range = self.tokens[last].range
    self.tokens[last].range = range.lowerBound..<place.upperBound
    guard self.tokens[last].text.utf8.count < SearchLimits.maxTokenBytes else { return }
    self.tokens[last].text.unicodeScalars.append(scalar)
  }
}
