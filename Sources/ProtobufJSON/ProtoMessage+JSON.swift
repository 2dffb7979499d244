public import Protobuf

extension ProtoMessage {
  /// The message's JSON form, in UTF-8.
  ///
  /// - Parameter pool: A pool that has ``ProtoMessage/protoFile``, and the files of what an Any in it may hold.
  /// - Throws: ``ProtoJSONError`` with the field where the message has no JSON form or goes beyond a limit.
  public func json(
    _ pool: DescriptorPool, options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws(ProtoJSONError) -> [UInt8] {
    try pool.json(from: self.encoded(), as: Self.protoName, options: options)
  }

  /// Creates a message from its JSON form.
  ///
  /// - Parameters:
  ///   - json: One JSON value in UTF-8.
  ///   - pool: A pool that has ``ProtoMessage/protoFile``, and the files of what an Any in it may hold.
  /// - Throws: ``ProtoJSONError`` with the field and the place in the text where it goes wrong.
  public init(
    json: [UInt8], _ pool: DescriptorPool, options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws(ProtoJSONError) {
    let binary = try pool.binary(fromJSON: json, as: Self.protoName, options: options)
    do throws(ProtoError) {
      self = try Self(decoding: binary, limits: options.limits)
    } catch {
      throw ProtoJSONError(error)
    }
  }
}
