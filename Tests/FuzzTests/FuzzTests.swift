import Foundation
import FuzzTargets
import TestRandom
import Testing

/// What the fuzzer has kept and found, replayed; and a little of what it does, without it.
@Suite("Fuzz targets", .timeLimit(.minutes(5)))
struct FuzzTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  struct Input: CustomTestStringConvertible, Sendable {
    let target: String
    let file: URL

    var testDescription: String { "\(self.target)/\(self.file.lastPathComponent)" }
  }

  /// The files of all targets in `Corpus` or `Regressions`.
  private static func inputs(_ kind: String) -> [Input] {
    FuzzTargets.all.flatMap { target in
      let folder = self.folder.appending(path: kind).appending(path: target.name)
      // A target without files has no folder.
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return names.sorted().map { Input(target: target.name, file: folder.appending(path: $0)) }
    }
  }

  @Test(
    "What once broke something does not any more, and what is in the corpus never did",
    arguments: FuzzTargets.all.map { $0.name })
  func replay(name: String) throws {
    let target = try #require(FuzzTargets.named(name))
    let inputs = (Self.inputs("Regressions") + Self.inputs("Corpus")).filter { $0.target == name }
    #expect(
      !inputs.isEmpty, "\(name) has no corpus: run .ci/fuzz \(name), then .ci/fuzz keep \(name)")
    for input in inputs { target.run(Array(try Data(contentsOf: input.file))) }
  }

  @Test(
    "Changed at random, the corpus breaks nothing either",
    arguments: FuzzTargets.all.map { $0.name })
  func mutate(name: String) throws {
    let target = try #require(FuzzTargets.named(name))
    let seed = UInt64.random(in: 0 ... .max)
    print("\(name): seed \(seed)")
    var random = SeededRandom(seed: seed)
    let inputs = Self.inputs("Corpus").filter { $0.target == name }
    for input in inputs {
      let bytes = Array(try Data(contentsOf: input.file))
      for _ in 0..<8 {
        var changed = bytes
        for _ in 0...random.below(4) where !changed.isEmpty {
          let place = random.below(changed.count)
          switch random.below(3) {
          case 0: changed[place] = UInt8(random.below(256))
          case 1: changed.remove(at: place)
          default: changed.insert(contentsOf: changed[place...].prefix(random.below(16)), at: place)
          }
        }
        target.run(changed)
      }
    }
  }

  @Test("Every folder of inputs belongs to a target")
  func folders() throws {
    for kind in ["Corpus", "Regressions"] {
      let path = Self.folder.appending(path: kind).path
      // There may be nothing to remember yet.
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      for name in names where name != "README.md" {
        #expect(FuzzTargets.named(name) != nil, "\(kind)/\(name)")
      }
    }
  }
}
