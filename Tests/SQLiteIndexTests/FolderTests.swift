import Foundation
import Search
import Testing

@testable import SQLiteIndex

/// Whose folder it is, and what is in it.
@Suite("Index folder")
struct FolderTests {
  static let local: @Sendable (String) -> Int? = { _ in 0xEF53 }

  @Test(
    "A folder on a network file system is refused, with the remedy",
    arguments: [
      (0x6969, "NFS"), (0x6573_5546, "FUSE"),
      // `f_type` is negative where it has 32 bits.
      (Int(Int32(bitPattern: 0xFF53_4D42)), "CIFS"),
    ])
  func network(type: Int, name: String) async throws {
    try await withFolder { folder in
      await #expect {
        _ = try await SQLiteIndex.open(
          SQLiteIndexConfiguration(folder: folder), hostID: "here", fileSystemType: { _ in type })
      } throws: {
        guard let error = $0 as? SearchError else { return false }
        return error.code == .misconfigured && error.message.contains(name)
          && error.message.contains("Elasticsearch")
      }
    }
  }

  @Test("A folder in use by another machine is refused; one that was left behind is taken over")
  func otherMachine() async throws {
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.heartbeatInterval = .milliseconds(50)
      let there = try await SQLiteIndex.open(
        configuration, hostID: "there", fileSystemType: Self.local)
      // Its heart, on a thread that nothing holds up.
      let isAlive = Locked(true)
      let heart = Thread {
        while isAlive.withLock({ $0 }) {
          // If it fails, the folder can be opened, and the test says so.
          try? HostClaim(path: folder + "/host", hostID: "there").renew()
          usleep(1000)
        }
      }
      heart.start()
      let here = configuration
      await #expect {
        _ = try await SQLiteIndex.open(here, hostID: "here", fileSystemType: Self.local)
      } throws: {
        guard let error = $0 as? SearchError else { return false }
        return error.code == .misconfigured && error.message.contains("another machine")
      }
      isAlive.withLock { $0 = false }
      while !heart.isFinished { await Task.yield() }
      // As after a crash of that machine: nothing is given back, the counter stands still.
      let taken = try await SQLiteIndex.open(
        configuration, hostID: "here", fileSystemType: Self.local)
      #expect(try HostClaim(path: folder + "/host", hostID: "x").current()?.hostID == "here")
      // The other one comes back to life, and has to notice.
      await #expect {
        try await there.run()
      } throws: {
        ($0 as? SearchError)?.code == .misconfigured
      }
      await taken.close()
      await there.close()
    }
  }

  @Test("A file that is no shard, or one of another version, is refused by name")
  func strangeFiles() async throws {
    try await withFolder { folder in
      let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      _ = try await index.write([Corpus.document(1, texts: ["hello"])])
      await index.close()
      let path = folder + "/shard-0001.sqlite"
      func error() async -> SearchError? {
        do {
          let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
          await index.close()
          return nil
        } catch {
          return error as? SearchError
        }
      }
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      // The header of an SQLite file: user_version at 60, application_id at 68 (https://sqlite.org/fileformat.html).
      var newer = whole
      newer[63] = 99
      try newer.write(to: URL(fileURLWithPath: path))
      #expect(await error()?.code == .misconfigured)
      #expect(await error()?.message.contains(path) == true)
      var other = whole
      other[68] = 0
      try other.write(to: URL(fileURLWithPath: path))
      #expect(await error()?.code == .corrupted)
      try Data("no database at all, but long enough to be read as one".utf8)
        .write(to: URL(fileURLWithPath: path))
      #expect(await error()?.code == .corrupted)
      try whole.write(to: URL(fileURLWithPath: path))
      #expect(await error() == nil)
    }
  }

  @Test("A folder that cannot be made, or a configuration out of range, is refused")
  func badConfiguration() async throws {
    for folder in ["", "/proc/nowhere/index"] {
      await #expect(throws: SearchError.self) {
        _ = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      }
    }
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.readers = 0
      let readers = configuration
      await #expect(throws: SearchError.self) { _ = try await SQLiteIndex.open(readers) }
      configuration.readers = 1
      configuration.maxShards = 65
      let shards = configuration
      await #expect(throws: SearchError.self) { _ = try await SQLiteIndex.open(shards) }
    }
  }

  @Test("What a crash left of a shard that was being made is made anew")
  func unfinished() async throws {
    try await withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for suffix in ["", "-wal", "-journal"] {
        try Data("rubbish".utf8).write(
          to: URL(fileURLWithPath: folder + "/shard-0001.new" + suffix))
      }
      let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      _ = try await index.write([Corpus.document(1, texts: ["hello"])])
      #expect(try await index.find("hello").count == 1)
      await index.close()
    }
  }
}
