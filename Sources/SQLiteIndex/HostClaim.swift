internal import Glibc
internal import Search

/// Says which machine uses the folder: its kernel's boot ID and a counter that goes up with every heartbeat.
///
/// The boot ID is the same in all containers of a machine, and no other machine has it. After a restart of the machine
/// it is another; then the counter stands still, and the claim is taken over.
struct HostClaim: Sendable {
  let path: String
  /// Of this machine.
  let hostID: String

  private static let maxBytes = 256

  /// The boot ID of the running kernel.
  static func bootID() throws(SearchError) -> String {
    let path = "/proc/sys/kernel/random/boot_id"
    guard let text = try Self.read(path) else {
      throw SearchError(
        .misconfigured,
        "\(path) cannot be read, so machines cannot be told apart. Mount /proc for this process.")
    }
    return text.filter { !$0.isWhitespace }
  }

  /// What the file says.
  struct Record: Hashable, Sendable {
    var hostID: String
    var counter: UInt64

    init(hostID: String, counter: UInt64) {
      self.hostID = hostID
      self.counter = counter
    }

    init?(_ text: String) {
      let parts = text.split { $0.isWhitespace }
      guard parts.count == 2, let counter = UInt64(parts[1]) else { return nil }
      self.hostID = String(parts[0])
      self.counter = counter
    }

    var text: String { "\(self.hostID) \(self.counter)\n" }
  }

  /// Nil when there is no claim yet, or none that can be read.
  func current() throws(SearchError) -> Record? {
    try Self.read(self.path).flatMap { Record($0) }
  }

  /// Renews the claim. Two processes of one machine may do so at once: both write the same host.
  func renew() throws(SearchError) {
    let counter = (try self.current()?.counter ?? 0) &+ 1
    let text = Record(hostID: self.hostID, counter: counter).text
    let temporary = "\(self.path).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SearchError.file(temporary, doing: "Writing", errno: errno)
    }
    let bytes = Array(text.utf8)
    let written = write(descriptor, bytes, bytes.count)
    let code = errno
    close(descriptor)
    // A rename: no reader ever sees half of it.
    guard written == bytes.count, rename(temporary, self.path) == 0 else {
      let renameCode = written == bytes.count ? errno : code
      unlink(temporary)
      throw SearchError.file(self.path, doing: "Writing", errno: renameCode)
    }
  }

  /// The error for a folder that another machine uses.
  func inUse(folder: String) -> SearchError {
    SearchError(
      .misconfigured,
      "The index folder \(folder) is in use by another machine. Files of the embedded index "
        + "belong to one machine: give this indexer a folder of its own machine, or use "
        + "Elasticsearch or OpenSearch, which many machines can share.")
  }

  private static func read(_ path: String) throws(SearchError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw SearchError.file(path, doing: "Reading", errno: errno)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.maxBytes)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw SearchError.file(path, doing: "Reading", errno: errno) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
