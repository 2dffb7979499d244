public import Pipeline
public import RedisClient
internal import Synchronization
public import Telemetry

/// The pipeline in Redis: job store, expansion, fetch and index queue in one.
///
/// Every operation is one call of a Redis Function, checked there by state and token, so that repeating a call changes
/// nothing and a worker may die at any instruction. The function library is loaded when it is missing and consumer
/// groups are made again after FLUSHALL. Make one for each process: the consumer's own unfinished entries of an earlier
/// life are taken back by the first take.
public final class RedisQueue: Sendable {
  /// Items in one call of a function; larger batches are cut.
  static let maxItemsPerCall = 256
  /// Bytes of payload in one piece sent to or asked of Redis; larger batches are cut.
  static let maxBytesPerCall = 16 << 20
  /// How long a payload waits for an indexer before it must be fetched again.
  static let payloadLifetime = Duration.seconds(6 * 3600)

  public var client: RedisClient { self.functions.client }
  public let keys: QueueKeys
  /// This process' name in the consumer groups. A restarted process with the same name goes on with its own entries.
  public let consumer: String
  let functions: QueueFunctions
  let expansions: StageReader
  let fetches: StageReader
  let indexes: StageReader
  let changes: JobChanges
  /// Makes tokens unique even where Redis lost its last second and hands out the same entry again.
  private let boot = String(UInt32.random(in: .min ... .max), radix: 36)
  private let calls = Atomic<Int>(0)

  /// - Parameters:
  ///   - configuration: Where Redis is. Connections are made when first needed.
  ///   - keys: Nil: those of a cluster, or of a single Redis, as the configuration says.
  ///   - consumer: 1 to 64 of `[0-9A-Za-z_.-]`; different for each running process, the same after its restart.
  /// - Throws: ``QueueError`` (`invalidArgument`) for an impossible consumer name.
  public convenience init(
    _ configuration: RedisConfiguration, consumer: String, keys: QueueKeys? = nil,
    logger: Logger = .disabled
  ) throws(QueueError) {
    guard (1...64).contains(consumer.utf8.count), consumer.utf8.allSatisfy(Self.isNameCharacter)
    else {
      throw QueueError(
        .invalidArgument,
        "\"\(consumer.prefix(64))\" cannot name a consumer: use 1 to 64 letters, digits, '_', '.', '-'."
      )
    }
    let keys = keys ?? (configuration.cluster == nil ? .standard : .cluster)
    self.init(
      QueueFunctions(RedisClient(configuration), prefix: keys.prefix, logger: logger),
      configuration, consumer: consumer, keys: keys)
  }

  /// - Parameter functions: May be shared by several consumers; tests play many with one connection.
  init(
    _ functions: QueueFunctions, _ configuration: RedisConfiguration, consumer: String,
    keys: QueueKeys
  ) {
    self.functions = functions
    self.consumer = consumer
    self.keys = keys
    self.expansions = StageReader(configuration, key: keys.stream(.expand))
    self.fetches = StageReader(configuration, key: keys.stream(.fetch))
    self.indexes = StageReader(configuration, key: keys.stream(.index))
    self.changes = JobChanges(
      configuration, key: keys.events, read: { try await functions.job($0) })
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// Ends all connections. Calls that wait, and later ones, fail.
  public func close() async {
    await self.client.close()
    await self.expansions.close()
    await self.fetches.close()
    await self.indexes.close()
    await self.changes.close()
  }

  // MARK: Calls

  /// A call of a function, up to its first argument.
  func function(_ name: String) -> RedisCommand { self.functions.command(name) }

  /// Different for each take.
  func nonce() -> String {
    let count = self.calls.wrappingAdd(1, ordering: .relaxed).newValue
    return "\(self.boot).\(String(count, radix: 36))"
  }

  /// The token of all that the take with `nonce` hands out.
  func token(_ nonce: String) -> String { "\(self.consumer)#\(nonce)" }

  /// Sends a command that may be repeated: a function's call, or one that only reads.
  func call(_ command: RedisCommand) async throws -> RedisValue {
    try await self.functions.call(command)
  }

  /// The outcomes of a report, one for each item, in order.
  func outcomes(_ reply: RedisValue, _ count: Int) throws -> [FunctionOutcome] {
    guard let letters = reply.bytes, letters.count == count else {
      throw QueueError(
        .internalError, "A function answered \(reply.bytes?.count ?? 0) outcomes for \(count).")
    }
    return try letters.map { try FunctionOutcome($0) }
  }
}

/// What a function says about one reported item.
enum FunctionOutcome {
  case ok, stale, cancelled, missing

  /// - Parameter letter: As the functions' table says.
  init(_ letter: UInt8) throws {
    switch letter {
    case UInt8(ascii: "o"): self = .ok
    case UInt8(ascii: "s"): self = .stale
    case UInt8(ascii: "c"): self = .cancelled
    case UInt8(ascii: "m"): self = .missing
    default:
      throw QueueError(.internalError, "A function answered an outcome that does not exist.")
    }
  }

  /// `missing` is handled before.
  var report: ReportOutcome {
    switch self {
    case .ok: .accepted
    case .stale, .missing: .stale
    case .cancelled: .cancelled
    }
  }
}
