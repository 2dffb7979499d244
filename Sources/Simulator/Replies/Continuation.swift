internal import Base64

/// The tokens that ask for another page of a playlist: base64url of a small protobuf message, percent-encoded.
///
///     80226972: { 2: "VL" + playlist, 3: properties, 35: playlist }
///     properties of the first page  = "CADCBgIIAA%3D%3D"
///     properties of a later page    = percent-encoded base64 of
///                                     { 1: page, 15: "PT:" + base64 of { 1: next index, 4: 16 hex digits }, 104: { 1: 0 } }
///
/// The layout is what public clients build and what recorded tokens decode to.
struct Continuation: Hashable, Sendable {
  /// Bounds what a client can make the decoder look at.
  static let maxTokenBytes = 2048

  let playlist: String
  /// Index of the first item wanted, from 0.
  let start: Int
  /// True for the token that stands for the first page.
  let isFirstPage: Bool

  private static let envelope = 80_226_972
  private static let firstPageProperties = "CADCBgIIAA%3D%3D"

  init(playlist: String, start: Int, isFirstPage: Bool = false) {
    self.playlist = playlist
    self.start = start
    self.isFirstPage = isFirstPage
  }

  var token: String {
    var properties = Self.firstPageProperties
    if !self.isFirstPage {
      var place = ProtoText()
      place.add(1, varint: UInt64(self.start))
      place.add(4, text: Self.digits(StableHash.mix(UInt64(self.start) &+ 1)))
      var page = ProtoText()
      page.add(1, varint: UInt64(self.start / SimulatedPlaylist.pageSize))
      page.add(15, text: "PT:" + Base64.encode(place.bytes, padded: false))
      page.add(104, bytes: [0x08, 0x00])
      properties = Base64.encode(page.bytes).replacing("=", with: "%3D")
    }
    var body = ProtoText()
    body.add(2, text: "VL" + self.playlist)
    body.add(3, text: properties)
    body.add(35, text: self.playlist)
    var whole = ProtoText()
    whole.add(Self.envelope, bytes: body.bytes)
    return Base64.encode(whole.bytes, urlSafe: true).replacing("=", with: "%3D")
  }

  /// Nil for a token that is not one.
  init?(token: String) {
    guard token.utf8.count <= Self.maxTokenBytes else { return nil }
    guard let whole = Base64.decode(token.replacing("%3D", with: "=")),
      let body = ProtoText.fields(of: whole)?[Self.envelope]?.bytes,
      let fields = ProtoText.fields(of: body),
      let playlist = fields[35]?.text ?? fields[2]?.text.map({ String($0.dropFirst(2)) }),
      let properties = fields[3]?.text
    else { return nil }
    if properties == Self.firstPageProperties {
      self.init(playlist: playlist, start: 0, isFirstPage: true)
      return
    }
    guard let page = Base64.decode(properties.replacing("%3D", with: "=")),
      let place = ProtoText.fields(of: page)?[15]?.text, place.hasPrefix("PT:"),
      let bytes = Base64.decode(String(place.dropFirst(3))),
      let start = ProtoText.fields(of: bytes)?[1]?.varint, start <= SyntheticPlaylistID.maxCount
    else { return nil }
    self.init(playlist: playlist, start: Int(start))
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

/// As much of protobuf as tokens need: varints and bytes.
struct ProtoText {
  enum Value {
    case varint(UInt64)
    case bytes(ArraySlice<UInt8>)

    var varint: UInt64? { if case .varint(let value) = self { value } else { nil } }
    var bytes: ArraySlice<UInt8>? { if case .bytes(let value) = self { value } else { nil } }
    var text: String? { self.bytes.map { String(decoding: $0, as: UTF8.self) } }
  }

  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, varint: UInt64) {
    self.append(UInt64(field) << 3)
    self.append(varint)
  }

  mutating func add(_ field: Int, bytes: [UInt8]) {
    self.append(UInt64(field) << 3 | 2)
    self.append(UInt64(bytes.count))
    self.bytes += bytes
  }

  mutating func add(_ field: Int, text: String) { self.add(field, bytes: Array(text.utf8)) }

  private mutating func append(_ number: UInt64) {
    var number = number
    while number >= 0x80 {
      self.bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
      number >>= 7
    }
    self.bytes.append(UInt8(number))
  }

  /// The last value of each field; nil when `bytes` is not a message of varints and byte strings.
  static func fields(of bytes: some Collection<UInt8>) -> [Int: Value]? {
    var rest = ArraySlice(bytes)
    var fields: [Int: Value] = [:]
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest), let field = Int(exactly: tag >> 3) else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = Self.varint(&rest) else { return nil }
        fields[field] = .varint(value)
      case 2:
        guard let count = Self.varint(&rest), count <= UInt64(rest.count) else { return nil }
        fields[field] = .bytes(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
      default: return nil
      }
    }
    return fields
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
