public import Search

/// A behaviour that every back end has to show.
public struct ConformanceCase: Sendable, CustomStringConvertible {
  public var description: String
  /// Throws ``ConformanceFailure`` where the index behaves otherwise.
  public var run: @Sendable (any SearchIndex) async throws -> Void

  init(
    _ description: String, _ run: @escaping @Sendable (any SearchIndex) async throws -> Void
  ) {
    self.description = description
    self.run = run
  }

  /// On an index that holds ``Corpus/documents``, refreshed; they change nothing.
  public static let reading = Self.queries + Self.pages + Self.details
  /// Each on an empty index of its own.
  public static let writing = Self.writes + Self.names + Self.unicode + Self.trackCases
}

/// What an index did otherwise.
public struct ConformanceFailure: Error, CustomStringConvertible {
  public var description: String
}

func expect(
  _ condition: Bool, _ message: @autoclosure () -> String
) throws(ConformanceFailure) {
  guard !condition else { return }
  throw ConformanceFailure(description: message())
}

func expectEqual<Value: Equatable>(
  _ found: Value, _ wanted: Value, _ what: @autoclosure () -> String
) throws(ConformanceFailure) {
  guard found != wanted else { return }
  throw ConformanceFailure(description: "\(what()): \(found) instead of \(wanted)")
}

/// That `body` throws a ``SearchError`` with this code.
func expectError(
  _ code: SearchError.Code, _ what: String, _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let error as SearchError {
    return try expectEqual(error.code, code, "\(what): \(error)")
  }
  throw ConformanceFailure(description: "\(what): no error instead of \(code)")
}
