/// The readers of an index, and which of them does what.
final class ReaderPool: Sendable {
  private let readers: [IndexReader]
  /// Calls that each reader has not finished.
  private let pending: Locked<[Int]>

  /// - Parameter readers: At least one.
  init(_ readers: [IndexReader]) {
    self.readers = readers
    self.pending = Locked([Int](repeating: 0, count: readers.count))
  }

  func close() async {
    for reader in self.readers { await reader.close() }
  }

  /// Runs `body` for every shard, spread over the readers; results in the order of the shards.
  func inParallel<Result: Sendable>(
    _ shards: [ShardFile],
    _ body: @Sendable @escaping (IndexReader, ShardFile) async throws -> Result
  ) async throws -> [Result] {
    if shards.count == 1 { return [try await self.run(shards[0], body)] }
    return try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      for (position, shard) in shards.enumerated() {
        group.addTask { (position, try await self.run(shard, body)) }
      }
      var results: [(Int, Result)] = []
      for try await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func run<Result: Sendable>(
    _ shard: ShardFile, _ body: @Sendable (IndexReader, ShardFile) async throws -> Result
  ) async throws -> Result {
    let chosen = self.pending.withLock { pending in
      // The least busy one; of several the one that looked at this shard last time, and has its pages in memory.
      let order = pending.indices.map { ($0 + shard.number) % pending.count }
      let chosen = order.min { pending[$0] < pending[$1] } ?? 0
      pending[chosen] += 1
      return chosen
    }
    defer { self.pending.withLock { $0[chosen] -= 1 } }
    return try await body(self.readers[chosen], shard)
  }
}
