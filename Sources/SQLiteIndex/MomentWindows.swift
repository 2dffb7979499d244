internal import Search

/// What `verbatim_moments` returns.
enum MomentWindows {
  struct Window: Hashable, Sendable {
    /// What makes it a moment.
    var core: [MomentBuilder.Occurrence]
    /// Other occurrences beside.
    var nearby: [MomentBuilder.Occurrence]
  }

  /// Best first. See `csqlite.h` for the layout; bytes that do not follow it end the list.
  static func decode(_ bytes: [UInt8]) -> [Window] {
    let values = bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map {
        Int(buffer.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
      }
    }
    guard values.count >= 2 else { return [] }
    var windows: [Window] = []
    var position = 2
    while windows.count < values[1], position + 3 <= values.count {
      let count = values[position]
      let core = values[position + 1]..<values[position + 1] + max(0, values[position + 2])
      position += 3
      guard count >= 0, position + 2 * count <= values.count else { break }
      var window = Window(core: [], nearby: [])
      for index in 0..<count {
        let occurrence = MomentBuilder.Occurrence(
          firstToken: values[position + 2 * index], tokenCount: values[position + 2 * index + 1])
        if core.contains(index) {
          window.core.append(occurrence)
        } else {
          window.nearby.append(occurrence)
        }
      }
      position += 2 * count
      windows.append(window)
    }
    return windows
  }

  /// What `verbatim_places` returns.
  static func occurrences(_ bytes: [UInt8]) -> [MomentBuilder.Occurrence] {
    bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / 8).map {
        MomentBuilder.Occurrence(
          firstToken: Int(buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Int32.self)),
          tokenCount: Int(buffer.loadUnaligned(fromByteOffset: $0 * 8 + 4, as: Int32.self)))
      }
    }
  }
}
