/// A command and its arguments. Arguments are never parsed: any bytes are safe.
public struct RedisCommand: Sendable {
  /// All arguments one after another, so that a command of hundreds of arguments is two arrays.
  private(set) var block: [UInt8] = []
  private(set) var lengths: [Int] = []

  public init(_ name: StaticString) { self.append(name.description) }

  public init(_ name: StaticString, _ arguments: String...) {
    self.append(name.description)
    for argument in arguments { self.append(argument) }
  }

  public mutating func append(_ argument: String) {
    self.block.append(contentsOf: argument.utf8)
    self.lengths.append(argument.utf8.count)
  }

  public mutating func append(_ argument: Int) { self.append(String(argument)) }

  public mutating func append(_ argument: [UInt8]) {
    self.block.append(contentsOf: argument)
    self.lengths.append(argument.count)
  }

  /// Makes room for what will be appended.
  public mutating func reserve(arguments: Int, bytes: Int) {
    self.lengths.reserveCapacity(self.lengths.count + arguments)
    self.block.reserveCapacity(self.block.count + bytes)
  }
}
