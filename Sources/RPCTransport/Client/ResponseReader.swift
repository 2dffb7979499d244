internal import RPC

/// Reads a client's responses one by one on the reader's side, from what ``StreamReading`` hands over in batches.
///
/// Safety: an iteration is used by one task at a time, which is what its owner promises.
final class ResponseReader: @unchecked Sendable {
  private let reading: StreamReading
  private var batch: [[UInt8]] = []
  private var position = 0

  init(_ reading: StreamReading) { self.reading = reading }

  /// The next response; nil at the end.
  func next() async throws -> [UInt8]? {
    // A reader that is cancelled gets nothing more, not even what is here.
    if self.position < self.batch.count, !Task.isCancelled {
      defer { self.position += 1 }
      return self.batch[self.position]
    }
    guard let batch = try await self.reading.nextBatch() else { return nil }
    self.batch = batch
    self.position = 1
    return batch[0]
  }
}
