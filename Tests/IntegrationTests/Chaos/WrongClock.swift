import Foundation

/// Lets a process see another time of day, by Debian's `libfaketime`.
enum WrongClock {
  /// The library, in the folder of whichever architecture this is.
  private static let library: String? = {
    let root = "/usr/lib"
    // A system without this folder has no library either.
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return folders.map { "\(root)/\($0)/faketime/libfaketimeMT.so.1" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  static var isAvailable: Bool { Self.library != nil }
  static let missingReason = "libfaketime is not installed (apt-get install faketime)"

  /// Names of the memory that processes with this library share. The first one makes it and puts the names into its own
  /// environment; there a Swift program does not find its arguments any more. So a shell makes it for all.
  private static let sharedMemory: String = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "echo \"$FAKETIME_SHARED\""]
    process.environment = ["LD_PRELOAD": Self.library ?? "", "FAKETIME": "+0s"]
    let output = Pipe()
    process.standardOutput = output
    // Without a shell there is no such memory, and the programs say what they miss.
    try? process.run()
    process.waitUntilExit()
    atexit { WrongClock.remove() }
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .newlines)
  }()

  private static func remove() {
    for name in Self.sharedMemory.split(separator: " ") {
      unlink("/dev/shm\(name)")
      unlink("/dev/shm/sem.\(name.dropFirst())")
    }
  }

  /// What a process is started with whose clock is wrong by so many seconds. Only the time of day is: durations are
  /// measured by the monotonic clock, which no administrator can set.
  static func environment(by seconds: Int) -> [String: String] {
    guard let library = Self.library else { return [:] }
    return [
      "LD_PRELOAD": library, "FAKETIME": "\(seconds >= 0 ? "+" : "")\(seconds)s",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_SHARED": Self.sharedMemory,
    ]
  }
}
