internal import Options
internal import Testing

@Suite("Command line, environment and file")
struct ParsingTests {
  @Test("A value may follow its flag or be joined by =")
  func spellings() throws {
    #expect(try Sample.parse("search", "x", "--limit", "3")[Sample.limit] == 3)
    #expect(try Sample.parse("search", "x", "--limit=4")[Sample.limit] == 4)
    #expect(try Sample.parse("--gateway=a:1", "search", "x")[Sample.gateway].host == "a")
    #expect(try Sample.parse("search", "x", "--gateway", "b:1")[Sample.gateway].host == "b")
  }

  @Test("Of a flag given twice the last counts")
  func lastCounts() throws {
    #expect(try Sample.parse("search", "x", "--limit", "3", "--limit", "5")[Sample.limit] == 5)
  }

  @Test("A boolean is on, off, or not said")
  func booleans() throws {
    #expect(try Sample.parse("index")[Sample.watch] == nil)
    #expect(try Sample.parse("index", "--watch")[Sample.watch] == true)
    #expect(try Sample.parse("index", "--no-watch")[Sample.watch] == false)
    #expect(try Sample.parse("index", "--watch=no")[Sample.watch] == false)
    #expect(try Sample.parse("index", "--json")[Sample.json])
  }

  @Test("A flag wins over the environment, that over the file, that over the default")
  func precedence() throws {
    let files = ["f": "gateway = file:3\ntls-ca = file.pem\ncolor = never\ntimeout = 1s\n"]
    let environment = [
      "SAMPLE_GATEWAY": "environment:2", "SAMPLE_TLS_CA": "environment.pem", "SAMPLE_COLOR": "auto",
    ]
    let values = try Sample.parse(
      "search", "x", "--gateway", "flag:1", "--config", "f", environment: environment, files: files)
    #expect(values[Sample.gateway] == Sample.Endpoint(host: "flag", port: 1))
    #expect(values.origin(of: Sample.gateway) == .flag)
    #expect(values[Sample.authority] == "environment.pem")
    #expect(values.origin(of: Sample.authority) == .environment(variable: "SAMPLE_TLS_CA"))
    #expect(values[Sample.timeout] == .seconds(1))
    #expect(values.origin(of: Sample.timeout) == .file(path: "f", line: 4))
    #expect(values[Sample.limit] == 20)
    #expect(values.origin(of: Sample.limit) == .default)
    #expect(values.configurationFile == "f")
  }

  @Test("The environment names the configuration file, too")
  func configurationFromEnvironment() throws {
    let values = try Sample.parse(
      "search", "x", environment: ["SAMPLE_CONFIG": "f"], files: ["f": "limit = 7"])
    #expect(values[Sample.limit] == 7)
  }

  @Test("An empty variable counts as not set, and others are not looked at")
  func emptyVariable() throws {
    let values = try Sample.parse(
      "search", "x", environment: ["SAMPLE_LIMIT": "", "SAMPLE_OTHER": "x", "LIMIT": "9"])
    #expect(values[Sample.limit] == 20)
  }

  @Test("A list is repeated or separated, and one place replaces a lower one")
  func lists() throws {
    let files = ["f": "lang = fr, it\nlang = es"]
    #expect(
      try Sample.parse("search", "x", "--lang", "en", "--lang", "de,nl")[Sample.languages] == [
        "en", "de", "nl",
      ])
    #expect(
      try Sample.parse("search", "x", environment: ["SAMPLE_LANG": "en, de"])[Sample.languages] == [
        "en", "de",
      ])
    #expect(
      try Sample.parse("search", "x", "--config", "f", files: files)[Sample.languages] == [
        "fr", "it", "es",
      ])
    #expect(
      try Sample.parse("search", "x", "--config=f", "--lang=en", files: files)[Sample.languages]
        == ["en"])
    #expect(try Sample.parse("search", "x")[Sample.languages] == [])
  }

  @Test("A list without separator keeps commas; its environment has a value a line")
  func wholeValues() throws {
    let pattern = Option.list("pattern", parse: .text, separator: nil, help: "A pattern.")
    let program = Program(
      name: "p", version: "1", summary: "P.", environmentPrefix: "P_",
      groups: [OptionGroup("All", [pattern])])
    let flags = try program.parse(
      arguments: ["--pattern", "a,b", "--pattern", "c"], environment: [:], readFile: { _ in "" })
    #expect(flags[pattern] == ["a,b", "c"])
    let variable = try program.parse(
      arguments: [], environment: ["P_PATTERN": "a,b\nc"], readFile: { _ in "" })
    #expect(variable[pattern] == ["a,b", "c"])
  }

  @Test("A secret comes from a file, without its last line end")
  func secret() throws {
    let values = try Sample.parse(
      "search", "x", "--password-file", "s", files: ["s": "p@ss word\n"])
    #expect(values[Sample.password]?.value == "p@ss word")
    #expect("\(String(describing: values[Sample.password]))".contains("p@ss") == false)
    var dumped = ""
    dump(values[Sample.password], to: &dumped)
    #expect(!dumped.contains("p@ss"))
    #expect(
      Sample.mistake("search", "x", "--password-file", "none")
        == "--password-file none: no such file; name a file that can be read")
    #expect(
      Sample.mistake("search", "x", "--password", "p").hasPrefix("--password is not an option"))
  }

  @Test("Arguments are counted and named")
  func arguments() throws {
    #expect(try Sample.parse("search", "milky", "way").arguments == ["milky", "way"])
    #expect(try Sample.parse("search", "milky", "way")[Sample.words] == ["milky", "way"])
    #expect(try Sample.parse("status")[Sample.job] == [])
    #expect(try Sample.parse("status", "j1")[Sample.job] == ["j1"])
    let export = try Sample.parse("export", "v", "f")
    #expect(export[Sample.video] == ["v"])
    #expect(export[Sample.file] == ["f"])
    #expect(export.command == "export")
    #expect(Sample.mistake("search") == "sample search needs WORDS; write sample search WORDS...")
    #expect(
      Sample.mistake("export", "v") == "sample export needs FILE; write sample export VIDEO FILE")
    #expect(
      Sample.mistake("status", "a", "b")
        == "sample status: b is one argument too many; write sample status [JOB]")
  }

  @Test("What begins with one dash is a word, unless it spells an option")
  func dashes() throws {
    #expect(try Sample.parse("search", "-abcdefghij").arguments == ["-abcdefghij"])
    #expect(try Sample.parse("search", "--", "--limit", "-h").arguments == ["--limit", "-h"])
    #expect(try Sample.parse("search", "-").arguments == ["-"])
    #expect(
      Sample.mistake("search", "x", "-limit", "3") == "-limit is not an option; write --limit")
  }

  @Test("A required option may come from any place, and its lack says which")
  func required() throws {
    let key = Option.required("tls-key", parse: .file, help: "Key.")
    let program = Program(
      name: "p", version: "1", summary: "P.", environmentPrefix: "P_",
      groups: [OptionGroup("TLS", [key])])
    let given = try program.parse(
      arguments: [], environment: ["P_TLS_KEY": "k"], readFile: { _ in "" })
    #expect(given[key] == "k")
    #expect {
      try program.parse(arguments: [], environment: [:], readFile: { _ in "" })
    } throws: { error in
      "\(error)"
        == "--tls-key is required; write --tls-key FILE, set P_TLS_KEY, or write `tls-key = FILE` in the file of --config"
    }
  }

  @Test("A mistake found later is told with the option's place")
  func laterMistake() throws {
    let values = try Sample.parse("search", "x", environment: ["SAMPLE_TLS_CA": "a.pem"])
    let error = values.mistake(
      Sample.authority, "the file holds no certificate", remedy: "name a PEM file")
    #expect("\(error)" == "SAMPLE_TLS_CA=a.pem: the file holds no certificate; name a PEM file")
    #expect(error.origin == .environment(variable: "SAMPLE_TLS_CA"))
    #expect(
      "\(values.mistake(Sample.limit, "too few", remedy: "give more"))"
        == "--limit: too few; give more")
  }
}
