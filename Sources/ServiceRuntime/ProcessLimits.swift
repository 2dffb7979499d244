internal import Glibc

/// What a process of ours wants of the system.
enum ProcessLimits {
  /// Raises the number of files that may be open as far as is allowed: one transfer needs one, and the usual 1,024
  /// is too low for a thousand of them. A write to a closed socket is an error there, not the end of the process.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // Refused only where the limit cannot be raised; then the present one holds.
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// The machine's name: in a container its identifier, which a restart keeps.
  static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "host" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
