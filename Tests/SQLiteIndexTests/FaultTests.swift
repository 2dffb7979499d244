import Foundation
import Search
internal import TestRandom
import Testing
import Transcripts

@testable import SQLiteIndex

/// Full disks, damaged files, processes that die.
@Suite("Faults")
struct FaultTests {
  /// Writes batches until one is refused.
  ///
  /// - Returns: The numbers of all documents that were acknowledged, and why it ended.
  static func fill(
    _ index: SQLiteIndex, _ corpus: inout Corpus, from first: Int, atMost: Int = 4000
  ) async -> (written: Range<Int>, error: (any Error)?) {
    var number = first
    while number < first + atMost {
      let batch = (number..<number + 10).map { corpus.document($0, words: 400) }
      do {
        _ = try await index.write(batch)
      } catch {
        return (first..<number, error)
      }
      number += 10
    }
    return (first..<number, nil)
  }

  static func expectAll(_ numbers: Range<Int>, in index: SQLiteIndex) async throws {
    for number in numbers {
      #expect(
        try await index.transcript(of: Corpus.videoID(number), languageCode: nil) != nil,
        "document \(number)")
    }
  }

  @Test("A shard that is as large as allowed takes nothing more, loses nothing, and goes on later")
  func largestSize() async throws {
    try await withFolder { folder in
      var corpus = Corpus(seed: 4)
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.maxShardBytes = 2 << 20
      var index = try await SQLiteIndex.open(configuration)
      let (written, error) = await Self.fill(index, &corpus, from: 0)
      #expect((error as? SearchError)?.code == .storageFull)
      #expect(written.count > 50)
      // The batch that was refused left nothing.
      #expect(try await index.statistics().documents == written.count)
      try await Self.expectAll(written, in: index)
      #expect(try await index.search(SearchQuery(text: "the")).total > 0)
      try await index.verify()
      await index.close()
      configuration.maxShardBytes = 64 << 20
      index = try await SQLiteIndex.open(configuration)
      let more = await Self.fill(index, &corpus, from: 6000, atMost: 100)
      #expect(more.error == nil)
      try await index.verify()
      await index.close()
    }
  }

  /// `mount -t tmpfs -o size=8m tmpfs FOLDER` makes such a folder.
  static let smallFolder = ProcessInfo.processInfo.environment["VERBATIM_TEST_SMALL_FOLDER"]

  @Test(
    "On a full disk nothing is acknowledged, searches go on, and so does writing when there is room",
    .enabled(
      if: smallFolder != nil,
      "VERBATIM_TEST_SMALL_FOLDER names no folder on a file system of a few megabytes"))
  func fullDisk() async throws {
    let folder = try #require(Self.smallFolder) + "/\(UUID().uuidString)"
    // The file system is the test's own: a leftover is seen the next time.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var corpus = Corpus(seed: 5)
    var index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
    let ballast = folder + "/ballast"
    try Data(repeating: 1, count: 1 << 20).write(to: URL(fileURLWithPath: ballast))
    let (written, error) = await Self.fill(index, &corpus, from: 0)
    #expect((error as? SearchError)?.code == .storageFull, "\(String(describing: error))")
    for _ in 0..<3 {
      await #expect {
        try await index.write([Corpus.document(9999, texts: (0..<5000).map { "number \($0)" })])
      } throws: {
        ($0 as? SearchError)?.code == .storageFull
      }
    }
    #expect(try await index.statistics().documents == written.count)
    try await Self.expectAll(written, in: index)
    #expect(try await index.search(SearchQuery(text: "the")).total > 0)
    // Also after a start on the full disk.
    await index.close()
    index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
    #expect(try await index.search(SearchQuery(text: "the")).total > 0)
    try FileManager.default.removeItem(atPath: ballast)
    let more = await Self.fill(index, &corpus, from: 10_000, atMost: 10)
    #expect(more.error == nil, "\(String(describing: more.error))")
    try await index.verify()
    try await Self.expectAll(written, in: index)
    await index.close()
  }

  @Test("Damage anywhere in a file ends in an error or in right answers, never in a crash")
  func damage() async throws {
    try await withFolder { folder in
      let path = folder + "/shard-0001.sqlite"
      var corpus = Corpus(seed: 6, vocabulary: 400)
      let documents = (0..<40).map { corpus.document($0, words: 200) }
      let configuration = SQLiteIndexConfiguration(folder: folder)
      let index = try await SQLiteIndex.open(configuration)
      for start in stride(from: 0, to: 40, by: 10) {
        _ = try await index.write(Array(documents[start..<start + 10]))
      }
      await index.close()
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      var random = SeededRandom(seed: 7)
      var noticed = 0
      let rounds =
        ProcessInfo.processInfo.environment["VERBATIM_DAMAGE_ROUNDS"].flatMap(Int.init) ?? 60
      for round in 0..<rounds {
        var damaged = whole
        if round % 6 == 0 {
          damaged.removeLast(Int.random(in: 1..<whole.count, using: &random))
        } else {
          let start = Int.random(in: 0..<whole.count - 2000, using: &random)
          for offset in 0..<(round % 2 == 0 ? 1 : 2000) {
            damaged[start + offset] = UInt8.random(in: 0...255, using: &random)
          }
        }
        try damaged.write(to: URL(fileURLWithPath: path))
        var errors: [any Error] = []
        do {
          let index = try await SQLiteIndex.open(configuration)
          let work: [() async throws -> Void] = [
            { _ = try await index.search(SearchQuery(text: "the of", pageSize: 100)) },
            { _ = try await index.search(SearchQuery(text: "t* OR \"of the\"", order: .newest)) },
            {
              for number in 0..<40 {
                _ = try await index.transcript(of: Corpus.videoID(number), languageCode: nil)
              }
            },
            { _ = try await index.write([documents[3], Corpus.document(5, texts: ["new"])]) },
            { try await index.verify() },
          ]
          for step in work {
            do { try await step() } catch { errors.append(error) }
          }
          await index.close()
        } catch {
          errors.append(error)
        }
        for error in errors {
          let code = (error as? SearchError)?.code
          #expect(code == .corrupted || code == .misconfigured, "round \(round): \(error)")
        }
        if !errors.isEmpty { noticed += 1 }
        for suffix in ["-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: path + suffix)  // Most often not there.
        }
      }
      // Much of a small file is free space, which nobody misses.
      #expect(noticed > rounds / 4)
    }
  }

  /// `VERBATIM_KILLS` says how often a writer dies.
  static let kills =
    ProcessInfo.processInfo.environment["VERBATIM_KILLS"].flatMap(Int.init) ?? 4

  @Test("A writer killed at any time loses nothing that it acknowledged", arguments: 0..<kills)
  func killed(round: Int) async throws {
    try await withFolder { folder in
      let journal = folder + ".acknowledged"
      defer { try? FileManager.default.removeItem(atPath: journal) }  // A leftover harms nobody.
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [folder = folder as String, journal = journal as String, round = round as Int] in
        let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
        let log = open(journal, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var corpus = Corpus(seed: UInt64(round), vocabulary: 3000)
        var number = 0
        while true {
          let batch = (0..<(1 + number % 7)).map { corpus.document(number + $0, words: 300) }
          _ = try await index.write(batch)
          // Then some of it again, with other words.
          _ = try await index.write([corpus.document(number / 2, words: 100)])
          number += batch.count
          let line = "\(number)\n"
          write(log, line, line.utf8.count)
          if number > 1 { continue }
          // Death comes from a thread of its own, in the middle of whatever is being done.
          let start = ContinuousClock.now
          Thread {
            let life = Duration.milliseconds(150 + 70 * round)
            while ContinuousClock.now - start < life { usleep(500) }
            kill(getpid(), SIGKILL)
          }.start()
        }
      }
      let acknowledged =
        (try? String(contentsOfFile: journal, encoding: .utf8)).map {
          $0.split(separator: "\n").compactMap { Int($0) }.last ?? 0
        } ?? 0
      let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      try await index.verify()
      #expect(acknowledged > 0)
      try await Self.expectAll(0..<acknowledged, in: index)
      print("killed in round \(round): \(acknowledged) documents were acknowledged, all are there")
      #expect(try await index.write([Corpus.document(1, texts: ["goes on"])]) == [.indexed])
      await index.close()
    }
  }

  @Test("The log stays short while searches go on all the time")
  func logLength() async throws {
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.maxWALBytes = 2 << 20
      let index = try await SQLiteIndex.open(configuration)
      let isDone = Locked(false)
      let log = folder + "/shard-0001.sqlite-wal"
      var longest: Int64 = 0
      try await withThrowingTaskGroup(of: Void.self) { group in
        for reader in 0..<3 {
          group.addTask {
            var searches = 0
            while !isDone.withLock({ $0 }) {
              let results = try await index.search(
                SearchQuery(text: reader == 0 ? "the OR of" : "because they"))
              #expect(results.hits.count <= 20)
              searches += 1
            }
            #expect(searches > 0)
          }
        }
        var corpus = Corpus(seed: 9)
        for batch in 0..<60 {
          _ = try await index.write(
            (0..<10).map { corpus.document((batch * 10 + $0) % 300, words: 600) })
          longest = max(longest, ShardFolder.size(of: log))
        }
        isDone.withLock { $0 = true }
        try await group.waitForAll()
      }
      // One batch may come on top, and what searches hold up.
      #expect(longest < 4 * configuration.maxWALBytes)
      #expect(longest > 0)
      #expect(try await index.statistics().documents == 300)
      try await index.verify()
      await index.close()
      #expect(ShardFolder.size(of: log) == 0)
    }
  }
}
