public import JSON
internal import Protobuf

extension DescriptorPool {
  /// The JSON form (proto3's mapping) of a message that is in its binary form.
  ///
  /// Fields that the pool does not know are left out. Fields come in the order of their numbers, the entries of maps in
  /// that of the bytes.
  ///
  /// - Parameters:
  ///   - bytes: The encoded message. It need not be of this program's making: everything is checked.
  ///   - type: Full name of the message, such as `google.protobuf.Timestamp`.
  /// - Returns: UTF-8.
  /// - Throws: ``ProtoJSONError`` with the field where the message has no JSON form or goes beyond a limit.
  public func json(
    from bytes: [UInt8], as type: String, options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws(ProtoJSONError) -> [UInt8] {
    let message = try self.message(type)
    guard bytes.count <= options.limits.maxBytes else {
      throw ProtoJSONError(
        .sizeLimit,
        "the message has \(bytes.count) bytes and may have \(options.limits.maxBytes) (maxBytes)")
    }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(ProtoJSONError) in
      // Names and quotes about double the size.
      var transcoder = BinaryToJSON(self, options, reservingCapacity: buffer.count * 2)
      try transcoder.message(message, buffer)
      try transcoder.checkSize()
      return transcoder.out.bytes
    }
  }

  /// The binary form of a message given as JSON (proto3's mapping).
  ///
  /// - Parameters:
  ///   - json: One JSON value in UTF-8.
  ///   - type: Full name of the message, such as `google.protobuf.Timestamp`.
  /// - Throws: ``ProtoJSONError`` with the field and the place in the text where it goes wrong.
  public func binary(
    fromJSON json: [UInt8], as type: String, options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws(ProtoJSONError) -> [UInt8] {
    // The pool's own mistakes come first: a text is parsed only for a type that is there.
    let message = try self.message(type)
    let limits = JSONLimits(
      maxBytes: options.limits.maxBytes, maxDepth: Self.maxJSONDepth(options),
      maxNodes: options.maxValues)
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: json, limits: limits)
    } catch {
      throw ProtoJSONError(error)
    }
    return try self.binary(message, document.root, options, reservingCapacity: json.count)
  }

  /// The binary form of a message given as a value of a JSON document that was read already.
  ///
  /// - Throws: ``ProtoJSONError`` with the field and the place in the text where it goes wrong.
  public func binary(
    from value: JSONValue, as type: String, options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws(ProtoJSONError) -> [UInt8] {
    try self.binary(self.message(type), value, options, reservingCapacity: 256)
  }

  private func binary(
    _ type: MessageSchema, _ value: JSONValue, _ options: ProtoJSONOptions,
    reservingCapacity capacity: Int
  ) throws(ProtoJSONError) -> [UInt8] {
    var transcoder = JSONToBinary(self, options, reservingCapacity: capacity)
    try transcoder.message(type, value)
    return transcoder.out.bytes()
  }

  /// A repeated message is two levels of JSON, its array and its object; unknown members may go as deep.
  private static func maxJSONDepth(_ options: ProtoJSONOptions) -> Int {
    let (doubled, overflow) = options.limits.maxDepth.multipliedReportingOverflow(by: 2)
    return overflow ? .max : doubled
  }
}
