internal import Glibc
internal import Transcripts

/// A file that all processes map: for each video the time at which it was done, and how often.
struct Marks: @unchecked Sendable {
  // Safety: each place is written by whoever indexes that video, and read when it is not zero.
  private let times: UnsafeMutablePointer<Double>
  private let counts: UnsafeMutablePointer<UInt8>

  /// - Throws: ``UsageError`` when the file is not there, or too small.
  init(_ path: String, count: Int) throws {
    let descriptor = open(path, O_RDWR)
    guard descriptor >= 0 else { throw UsageError("\(path) cannot be opened") }
    defer { close(descriptor) }
    guard let memory = mmap(nil, count * 9, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      memory != MAP_FAILED
    else { throw UsageError("\(path) cannot be mapped") }
    self.times = memory.bindMemory(to: Double.self, capacity: count)
    self.counts = (memory + count * 8).bindMemory(to: UInt8.self, capacity: count)
  }

  /// Seconds of the machine's monotonic clock.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  func done(_ number: Int) {
    self.times[number] = Self.now
    self.counts[number] &+= 1
  }

  subscript(number: Int) -> Double { self.times[number] }

  /// `v0000000042` is 42.
  static func video(_ number: Int) -> VideoID {
    let digits = String(number)
    guard let id = VideoID("v" + String(repeating: "0", count: 10 - digits.count) + digits) else {
      preconditionFailure("\(number) is too large for a name")
    }
    return id
  }
}
