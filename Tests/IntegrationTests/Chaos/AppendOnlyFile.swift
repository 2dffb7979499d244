import Foundation

/// The append-only file of a Redis that was killed: a power cut takes its end.
struct AppendOnlyFile {
  /// What the operating system had not written yet: a second of work, by measurement less than this.
  static let maxCut = 60_000

  /// The newest part, which is being written.
  private let url: URL

  init(of folder: URL) throws {
    let parts = try FileManager.default.contentsOfDirectory(
      at: folder.appendingPathComponent("appendonlydir"), includingPropertiesForKeys: nil)
    guard let last = parts.filter({ $0.path.hasSuffix(".incr.aof") }).max(by: { $0.path < $1.path })
    else { throw ClusterError("\(folder.path) has no append-only file") }
    self.url = last
  }

  var bytes: Int {
    get throws {
      let attributes = try FileManager.default.attributesOfItem(atPath: self.url.path)
      return (attributes[.size] as? Int) ?? 0
    }
  }

  /// Cuts so many bytes off, wherever that is.
  func cut(_ count: Int) throws {
    let file = try FileHandle(forWritingTo: self.url)
    try file.truncate(atOffset: UInt64(max(0, try self.bytes - count)))
    try file.close()
  }
}
