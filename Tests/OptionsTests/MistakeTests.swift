internal import Options
internal import Testing

@Suite("Mistakes")
struct MistakeTests {
  @Test("A misspelt option, command, key or word gets a suggestion")
  func suggestions() {
    #expect(
      Sample.mistake("search", "x", "--limt", "3")
        == "--limt is not an option of search; did you mean --limit?")
    #expect(
      Sample.mistake("serach", "x") == "serach is not a command of sample; did you mean search?")
    #expect(
      Sample.mistake("--gatway", "x")
        == "--gatway is not an option of sample; did you mean --gateway?")
    #expect(
      Sample.mistake("--color", "alwasy", "index")
        == "--color alwasy: not one of auto, always, never; did you mean always?")
    #expect(
      Sample.mistake("index", "--no-wacth")
        == "--no-wacth is not an option of index; did you mean --no-watch?")
  }

  @Test("What is like nothing gets the list")
  func noSuggestion() {
    #expect(
      Sample.mistake("frobnicate")
        == "frobnicate is not a command of sample; the commands are search, index, status and export; see sample --help"
    )
    #expect(
      Sample.mistake("--color", "mauve", "index")
        == "--color mauve: not one of auto, always, never; write auto, always or never")
    #expect(
      Sample.mistake("search", "--xyzzy")
        == "--xyzzy is not an option of search; see sample search --help")
    #expect(
      Sample.mistake()
        == "a command is missing; it is one of search, index, status or export; see sample --help")
  }

  @Test("An option of another command is said to be one")
  func otherCommand() {
    #expect(
      Sample.mistake("status", "--limit", "3")
        == "--limit is not an option of status; it is one of search; see sample status --help")
    #expect(
      Sample.mistake("--limit", "3", "search")
        == "--limit belongs to search; write it after the command: sample search --limit")
  }

  @Test("A value that is missing or not wanted is told")
  func missingValue() {
    #expect(Sample.mistake("search", "x", "--limit") == "--limit needs a value; write --limit N")
    #expect(
      Sample.mistake("search", "--gateway", "--json")
        == "--gateway needs a value; write --gateway HOST:PORT, or --gateway=HOST:PORT for a value that begins with --"
    )
    #expect(
      Sample.mistake("index", "--no-watch=1")
        == "--no-watch takes no value; write --no-watch or --watch")
    #expect(Sample.mistake("--help=me") == "--help=me: --help takes no value; leave the value out")
    #expect(
      Sample.mistake("index", "--watch=maybe")
        == "--watch=maybe: not a yes or no; write true or false")
  }

  @Test("A wrong value names the option, the value, the place and the remedy")
  func wrongValue() {
    let remedy = "not a whole number from 1 to 100; write digits only, such as 1"
    #expect(Sample.mistake("search", "x", "--limit", "many") == "--limit many: \(remedy)")
    #expect(
      Sample.mistake("search", "x", environment: ["SAMPLE_LIMIT": "0"])
        == "SAMPLE_LIMIT=0: \(remedy)")
    #expect(
      Sample.mistake("search", "x", "--config", "f", files: ["f": "\nlimit = 101"])
        == "f, line 2: limit = 101: \(remedy)")
    #expect(
      Sample.mistake("--gateway", "nowhere", "index")
        == "--gateway nowhere: there is no port; write HOST:PORT")
  }

  @Test("Mistakes in the file have a line number")
  func file() {
    func mistake(_ text: String) -> String {
      Sample.mistake("search", "x", "--config", "f.conf", files: ["f.conf": text])
    }
    #expect(
      mistake("# ok\n\nlimt = 3")
        == "f.conf, line 3: limt is not an option of sample; did you mean limit?")
    #expect(
      mistake("xyzzy = 3") == "f.conf, line 1: xyzzy is not an option of sample; see sample --help")
    #expect(
      mistake("limit 3")
        == "f.conf, line 1: limit 3 is not `name = value`; write `name = value`, or # before a comment"
    )
    #expect(
      mistake("[search]") == "f.conf, line 1: [search] is not `name = value`; leave sections out")
    #expect(mistake("= 3") == "f.conf, line 1: there is no name before the =; write one")
    #expect(
      mistake("limit = 3\nlimit = 4")
        == "f.conf, line 2: limit is already set in line 1; remove one of the two")
    #expect(
      mistake("tls-ca = \"a")
        == "f.conf, line 1: the quote is not closed; close it on the same line")
    #expect(
      mistake("tls-ca = \"a\" b")
        == "f.conf, line 1: there is text after the closing quote: b; quote all of the value")
    #expect(mistake(#"tls-ca = "\x""#).hasPrefix(#"f.conf, line 1: \x means nothing here"#))
    #expect(
      mistake("config = x")
        == "f.conf, line 1: config works on the command line only; remove the line")
    #expect(
      Sample.mistake("index", "--config", "gone")
        == "--config gone: no such file; name a file that can be read")
    #expect(
      Sample.mistake("index", environment: ["SAMPLE_CONFIG": "gone"])
        == "SAMPLE_CONFIG=gone: no such file; name a file that can be read")
  }

  @Test("A file that the environment names is said to be that")
  func fileFromEnvironment() {
    #expect(
      Sample.mistake(
        "index", environment: ["SAMPLE_CONFIG": "f.conf"], files: ["f.conf": "xyzzy = 3"])
        == "f.conf, line 1: xyzzy is not an option of sample; see sample --help (SAMPLE_CONFIG names the file)"
    )
  }

  @Test("Keys of all commands are known to every command")
  func keysOfOtherCommands() throws {
    #expect(Sample.mistake("status", "--config", "f", files: ["f": "limit = 3\nwatch = no"]) == "")
  }

  @Test("A value that may hold a secret is not shown, wherever it came from")
  func redacted() throws {
    let places: [([String], [String: String], [String: String])] = [
      (["--redis-url", "redis://u:hunter2@h"], [:], [:]),
      ([], ["SAMPLE_REDIS_URL": "redis://u:hunter2@h"], [:]),
      (["--config", "f"], [:], ["f": "redis-url = redis://u:hunter2@h"]),
    ]
    for (line, environment, files) in places {
      let values = try Sample.program.parse(
        arguments: ["index"] + line, environment: environment, readFile: { files[$0] ?? "" })
      let message = "\(values.mistake(Sample.redis, "it holds a password", remedy: ""))"
      #expect(!message.contains("hunter2") && message.contains("redis://***"), "\(message)")
    }
  }

  @Test("The exit code is 64, as sysexits.h has it")
  func exitCode() { #expect(OptionError.exitCode == 64) }
}
