@testable internal import Options
internal import Testing

@Suite("Configuration file")
struct ConfigurationFileTests {
  private func values(_ text: String) throws -> [String] {
    try ConfigurationFile(path: "f", text: text).entries.map { "\($0.line) \($0.name)=\($0.value)" }
  }

  @Test("Comments and empty lines are passed over, and lines counted")
  func comments() throws {
    #expect(
      try self.values("# c\n\n  a = 1  # note\r\n\tb=2\nc = x#y\n")
        == ["3 a=1", "4 b=2", "5 c=x#y"])
    #expect(try self.values("") == [])
    #expect(try self.values("\u{feff}a = 1") == ["1 a=1"])
  }

  @Test("Quotes keep spaces and marks, and double ones know escapes")
  func quotes() throws {
    #expect(try self.values(#"a = " x # y ""#) == ["1 a= x # y "])
    #expect(try self.values(#"a = 'it is \n # "so"' # c"#) == [#"1 a=it is \n # "so""#])
    #expect(try self.values(#"a = "\"\\\t\n""#) == ["1 a=\"\\\t\n"])
    #expect(try self.values("a =") == ["1 a="])
    #expect(try self.values("a = b = c") == ["1 a=b = c"])
    #expect(try self.values("a = it's") == ["1 a=it's"])
  }

  @Test(
    "A value that is written quoted is read back",
    arguments: [
      "", "plain", " space ", "a # b", "\"quoted\"", "'x", "tab\t", "line\nline", "back\\slash",
      "#x",
    ])
  func roundTrip(value: String) throws {
    let file = try ConfigurationFile(path: "f", text: "a = \(ConfigurationFile.quoted(value))")
    #expect(file.entries.map(\.value) == [value])
  }
}
