public import JSON
public import Protobuf

/// How messages become JSON and back.
public struct ProtoJSONOptions: Sendable, Hashable {
  /// What members of objects are called.
  public enum FieldNames: Sendable, Hashable {
    /// `startMs` for the field `start_ms`, as the JSON mapping has it.
    case json
    /// `start_ms`, as in the .proto file.
    case proto
  }

  /// Reading: members and enum names that the schema does not have are left out instead of refused.
  public var ignoresUnknownNames: Bool
  /// Writing: what members are called. Both are read.
  public var fieldNames: FieldNames
  /// Writing: fields without presence are written also where they have their defaults (0, `""`, `[]`, `{}`).
  public var includesDefaults: Bool
  /// Writing: how the text is laid out.
  public var format: JSONWriter.Format
  /// Most bytes of input and of output, most levels of messages, and most messages and map entries in all.
  public var limits: ProtoLimits
  /// Most values of the JSON text, read or written; each costs 16 to 32 bytes of memory while at work.
  public var maxValues: Int

  /// Creates options.
  public init(
    ignoresUnknownNames: Bool = false, fieldNames: FieldNames = .json,
    includesDefaults: Bool = false, format: JSONWriter.Format = .compact,
    limits: ProtoLimits = ProtoLimits(), maxValues: Int = 8_000_000
  ) {
    self.ignoresUnknownNames = ignoresUnknownNames
    self.fieldNames = fieldNames
    self.includesDefaults = includesDefaults
    self.format = format
    self.limits = limits
    self.maxValues = maxValues
  }
}
