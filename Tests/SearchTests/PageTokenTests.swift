import Search
import Testing
import Transcripts

@Suite("Page token")
struct PageTokenTests {
  let query = SearchQuery(
    text: "cat", order: .newest, filters: SearchFilters(channelIDs: ["a", "b"]))
  let token = PageToken(sortKey: .max, shard: 3, row: -5, statistics: [0, 1, .max])

  @Test("What is encoded comes back, for the same query only")
  func roundTrip() throws {
    let text = self.token.encoded(for: self.query)
    #expect(try PageToken(text, for: self.query) == self.token)
    var larger = self.query
    larger.pageSize = 50
    #expect(try PageToken(text, for: larger) == self.token)
    for other in [
      SearchQuery(text: "dog", order: .newest, filters: SearchFilters(channelIDs: ["a", "b"])),
      SearchQuery(text: "cat", order: .oldest, filters: SearchFilters(channelIDs: ["a", "b"])),
      SearchQuery(text: "cat", order: .newest, filters: SearchFilters(channelIDs: ["ab"])),
    ] {
      #expect { try PageToken(text, for: other) } throws: {
        ($0 as? SearchError)?.code == .invalidPageToken
      }
    }
  }

  @Test("Text that is not a token is refused, and never crashes")
  func notATokens() {
    let text = self.token.encoded(for: self.query)
    var cases = ["", "x", "!", String(repeating: "A", count: 5000), text + "A"]
    cases += text.indices.map { String(text[..<$0]) }
    cases += text.indices.map { index in
      text.replacingCharacters(at: index, with: text[index] == "A" ? "B" : "A")
    }
    for text in cases {
      #expect(throws: SearchError.self) { try PageToken(text, for: self.query) }
    }
  }
}

extension String {
  fileprivate func replacingCharacters(at index: Index, with character: Character) -> String {
    var copy = self
    copy.replaceSubrange(index...index, with: String(character))
    return copy
  }
}
