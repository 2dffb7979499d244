import TestRandom
import Testing

@testable import Search

@Suite("Inflections")
struct InflectionsTests {
  @Test(
    "The inflections of a word find each other, whichever is typed",
    arguments: [
      ["talk", "talks", "talked", "talking"], ["run", "runs", "running"],
      ["stop", "stops", "stopped", "stopping"], ["believe", "believes", "believed", "believing"],
      ["write", "writes", "writing"], ["city", "cities"], ["box", "boxes"],
      ["try", "tries", "tried", "trying"], ["pass", "passes", "passed", "passing"],
      ["create", "creates", "created", "creating"], ["agree", "agrees", "agreed", "agreeing"],
      ["cause", "caused", "causing"], ["play", "plays", "played", "playing"],
    ])
  func inflections(_ words: [String]) {
    for word in words {
      let found = Set(Inflections.otherForms(of: word) + [word])
      for other in words {
        #expect(found.contains(other), "\(word) does not find \(other)")
      }
    }
  }

  @Test(
    "Words that only look alike do not find each other",
    arguments: [
      ("his", "hi"), ("her", "here"), ("not", "note"), ("hop", "hope"), ("car", "care"),
      ("this", "thi"), ("news", "new"), ("plan", "plane"), ("thing", "th"), ("glass", "glas"),
      ("bus", "bu"), ("worker", "work"), ("nothing", "noth"),
    ])
  func others(_ first: String, _ second: String) {
    #expect(!Inflections.otherForms(of: first).contains(second))
    #expect(!Inflections.otherForms(of: second).contains(first))
  }

  @Test(
    "Only words of English letters have forms",
    arguments: ["", "is", "7s", "caf\u{E9}s", "人", String(repeating: "a", count: 31), "x86s"])
  func none(_ token: String) {
    #expect(Inflections.otherForms(of: token) == [])
  }

  @Test("To be a form of each other goes both ways, for whatever letters")
  func symmetry() {
    var random = SeededRandom(seed: 5)
    let endings = ["", "e", "s", "es", "ed", "ing", "y", "ies", "eed", "ss", "nn", "tt", "ll"]
    for _ in 0..<20_000 {
      let stem = String(
        (0..<Int.random(in: 1...5, using: &random)).map { _ in
          "abdegilnorstuy".randomElement(using: &random) ?? "a"
        })
      let word = stem + (endings.randomElement(using: &random) ?? "")
      for form in Inflections.otherForms(of: word) {
        #expect(Inflections.otherForms(of: form).contains(word), "\(word), \(form)")
      }
    }
  }
}
