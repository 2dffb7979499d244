internal import Glibc

extension MetricsRegistry {
  /// Adds what Prometheus' client libraries tell of a process: memory, CPU time, open files, start time.
  ///
  /// Read from `/proc/self` whenever metrics are read: some 50 µs.
  public func addProcessMetrics() {
    self.gauge("process_resident_memory_bytes", help: "Memory in use.") {
      ProcessStatus.residentBytes.map(Double.init)
    }
    self.counter("process_cpu_seconds_total", help: "User and system CPU time used.") {
      ProcessStatus.cpuSeconds
    }
    self.gauge("process_open_fds", help: "Open file descriptors.") {
      ProcessStatus.openFiles.map(Double.init)
    }
    self.gauge("process_max_fds", help: "How many file descriptors may be open.") {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
      return Double(limit.rlim_cur)
    }
    let started = ProcessStatus.startSeconds
    self.gauge("process_start_time_seconds", help: "When the process started, since 1970.") {
      started
    }
  }

  /// Adds `verbatim_build_info`, always 1, whose labels say what runs.
  public func addBuildInfo(version: String, revision: String) {
    self.gauge(
      "verbatim_build_info", help: "Version and source revision of the program; always 1.",
      labels: ["version": version, "revision": revision]
    ) { 1 }
  }
}

/// What the kernel knows of this process.
public enum ProcessStatus {
  /// Memory in use, in bytes. Nil where `/proc` is not mounted.
  public static var residentBytes: Int? {
    guard let text = Self.read("/proc/self/statm") else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map {
      $0 * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
  }

  /// User and system time used.
  public static var cpuSeconds: Double? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Double(seconds) + Double(microseconds) / 1_000_000
  }

  public static var openFiles: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    // `.`, `..`, and the folder's own descriptor are no open files.
    var count = -3
    while readdir(folder) != nil { count += 1 }
    return max(0, count)
  }

  /// When the process started, in seconds since 1970.
  static var startSeconds: Double? {
    // proc(5): field 22 of stat is in clock ticks since boot; fields are counted after the name's `)`.
    guard let stat = Self.read("/proc/self/stat"), let end = stat.lastIndex(of: ")"),
      let ticks = stat[end...].split(separator: " ").dropFirst(20).first.flatMap({ Double($0) }),
      let boot = Self.read("/proc/stat")?.split(separator: "\n")
        .first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst(6)) })
    else { return nil }
    return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var filled = 0
    while filled < bytes.count {
      let capacity = bytes.count - filled
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + filled, capacity)
      }
      guard count > 0 else { break }
      filled += count
    }
    return String(decoding: bytes[..<filled], as: UTF8.self)
  }
}
