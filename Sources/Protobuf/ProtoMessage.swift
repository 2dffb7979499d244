/// A protobuf message: a value with a binary form. Generated code conforms to it.
public protocol ProtoMessage: Sendable, Hashable {
  /// Full name, such as `google.protobuf.Timestamp`.
  static var protoName: String { get }
  /// The .proto file that the message is declared in.
  static var protoFile: ProtoFile { get }
  /// Creates a message whose fields all have their defaults.
  init()
  /// Reads fields up to the reader's end; a field seen again is replaced, appended or merged.
  mutating func merge(from reader: inout ProtoReader) throws(ProtoError)
  /// Writes all fields that are not at their defaults, in the order of their numbers (a oneof at its lowest), then the
  /// unknown ones.
  func encode(to writer: inout ProtoWriter)
}

extension ProtoMessage {
  /// Decodes a message.
  ///
  /// - Throws: ``ProtoError`` with the innermost message and the field where the bytes go wrong.
  @inlinable
  public init(decoding bytes: [UInt8], limits: ProtoLimits = ProtoLimits()) throws(ProtoError) {
    self = try Self.decode(bytes, limits)
  }

  /// Decodes a message from borrowed bytes; nothing of them is kept.
  ///
  /// - Throws: ``ProtoError`` with the innermost message and the field where the bytes go wrong.
  @inlinable
  public init(decoding bytes: borrowing RawSpan, limits: ProtoLimits = ProtoLimits())
    throws(ProtoError)
  {
    self.init()
    try bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(ProtoError) in
      try self.merge(decoding: raw, limits: limits)
    }
  }

  // Apart from `init`, whose `self` cannot be captured before it is whole.
  @inlinable
  static func decode(_ bytes: [UInt8], _ limits: ProtoLimits) throws(ProtoError) -> Self {
    var message = Self()
    try bytes.span.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(ProtoError) in
      try message.merge(decoding: raw, limits: limits)
    }
    return message
  }

  /// Reads encoded fields over those that the message has. After an error some have been read.
  @inlinable
  public mutating func merge(
    decoding raw: UnsafeRawBufferPointer, limits: ProtoLimits = ProtoLimits()
  ) throws(ProtoError) {
    guard raw.count <= limits.maxBytes else {
      throw ProtoError(.sizeLimit, messageName: Self.protoName)
    }
    guard let base = raw.baseAddress, raw.count > 0 else { return }
    let start = base.assumingMemoryBound(to: UInt8.self)
    var reader = ProtoReader(start: start, end: start + raw.count, limits: limits)
    do throws(ProtoError) {
      try self.merge(from: &reader)
    } catch {
      throw error.within(Self.protoName, tag: reader.lastTag)
    }
  }

  /// The binary form. Equal messages give equal bytes.
  ///
  /// To encode many, keep a ``ProtoWriter`` and its memory.
  @inlinable
  public func encoded() -> [UInt8] {
    var writer = ProtoWriter()
    self.encode(to: &writer)
    return writer.bytes()
  }
}

extension ProtoMessage {
  /// Creates a message and sets its fields in one expression: `.with { $0.title = title }`.
  @inlinable
  public static func with<E: Error>(_ body: (inout Self) throws(E) -> Void) throws(E) -> Self {
    var message = Self()
    try body(&message)
    return message
  }
}
