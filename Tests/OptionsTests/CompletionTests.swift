internal import Foundation
internal import Options
internal import Testing

@Suite("Completions")
struct CompletionTests {
  /// Gives a script to a shell, and returns what it says and its status; nil: the shell is not installed.
  private func run(_ shell: String, _ arguments: [String], _ input: String) throws -> (
    String, Int32
  )? {
    let paths = ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(shell)" }
    guard let path = paths.first(where: FileManager.default.isExecutableFile) else { return nil }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "completions-\(UUID()).\(shell)")
    try input.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments + [file.path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
  }

  @Test("The script is good for the shell", arguments: ["bash", "zsh", "fish"])
  func syntax(shell: String) throws {
    for program in [Sample.program, Self.plain] {
      let script = try Sample.text(of: "--completions", shell, program: program)
      #expect(script.hasSuffix("\n"))
      if let (output, status) = try self.run(shell, ["-n"], script) {
        #expect(status == 0)
        #expect(output == "")
      }
    }
  }

  @Test(
    "bash completes commands, options, words and stays quiet elsewhere",
    arguments: [
      (["sample", "s"], "search status"),
      (["sample", "--gat"], "--gateway"),
      (["sample", "search", "--li"], "--limit"),
      (["sample", "index", "--no-w"], "--no-watch"),
      (["sample", "search", "--color", "a"], "auto always"),
      (["sample", "search", "wor"], ""),
      (["sample", "--completions", ""], "bash zsh fish"),
    ])
  func bash(words: [String], expected: String) throws {
    let script =
      try Sample.text(of: "--completions", "bash") + """
        COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
        COMP_CWORD=\(words.count - 1)
        _sample_complete
        echo "${COMPREPLY[*]}"
        """
    let (output, _) = try #require(try self.run("bash", [], script))
    #expect(output == expected + "\n")
  }

  @Test("An unknown shell is refused with the known ones")
  func unknown() {
    #expect(
      Sample.mistake("--completions", "csh")
        == "--completions csh: not one of bash, zsh, fish; did you mean zsh?")
  }

  /// Without commands, and with what shells find special.
  static let plain = Program(
    name: "plain-one", version: "1", summary: "It's [one]: a `test` of \"quotes\" $HOME.",
    environmentPrefix: "P_",
    arguments: [
      Argument("FILE", minimum: 0, maximum: .max, completion: .file, help: "It's a file.")
    ],
    groups: [
      OptionGroup(
        "All",
        [
          Option("it", parse: .text, default: "it's", help: "It's [this]: `x` \"y\" $z \\ w."),
          Option("folder", parse: .folder, help: "A folder."),
        ])
    ])
}
