internal import Options
internal import Testing

@Suite("Texts that are asked for")
struct TextTests {
  @Test("The program's help names commands, groups, defaults and variables")
  func help() throws {
    let help = try Sample.text(of: "--help")
    #expect(
      help == """
        sample: Shows what options can do.

        Usage: sample COMMAND [OPTIONS]

        Commands:
          search  Finds words. Any words.
          index   Indexes.
          status  Shows a job.
          export  Writes a video's file.

        Connection:
          --gateway HOST:PORT          Where the gateway is.
                                       [default: 127.0.0.1:7400; SAMPLE_GATEWAY]
          --tls-ca FILE                PEM file of the authority.
                                       [SAMPLE_TLS_CA]
          --timeout TIME               How long one call may take.
                                       [default: 10s; SAMPLE_TIMEOUT]
          --password-file FILE         File with the password.
                                       [SAMPLE_PASSWORD_FILE]
          --redis-url TEXT             Where Redis is.
                                       [SAMPLE_REDIS_URL]

        Output:
          --color auto|always|never    Colour.
                                       [default: auto; SAMPLE_COLOR]
          --[no-]json                  Prints JSON.
                                       [default: false; SAMPLE_JSON]

        General:
          -h, --help                   Shows this text.
          --version                    Shows the version.
          --config FILE                Reads options from a file of lines `name =
                                       value`.
                                       [SAMPLE_CONFIG]
          --print-config               Shows the value of every option and where it
                                       comes from, then ends.
          --completions bash|zsh|fish  Prints a completion script for a shell, then
                                       ends.

        A flag wins over its environment variable, that over the file of --config, and
        that over the default. See also: sample COMMAND --help

        """)
    #expect(try Sample.text(of: "-h") == help)
    #expect(try Sample.text(of: "help") == help)
  }

  @Test("A command's help has its arguments, options and examples")
  func commandHelp() throws {
    let help = try Sample.text(of: "search", "--help")
    #expect(
      help.hasPrefix(
        "sample search: Finds words. Any words.\n\nUsage: sample search [OPTIONS] WORDS...\n"))
    #expect(help.contains("\nArguments:\n  WORDS...  What to look for.\n"))
    #expect(help.contains("[repeat it, or separate with ,; SAMPLE_LANG]"))
    #expect(help.contains("[default: 8MiB; SAMPLE_CACHE]"))
    #expect(help.contains("\nExamples:\n  sample search 'milky way'\n      Finds the phrase.\n"))
    #expect(try Sample.text(of: "help", "search") == help)
    #expect(
      try Sample.text(of: "index", "--help").contains("[default: on a terminal; SAMPLE_WATCH]"))
  }

  @Test("No line of the help is longer than the terminal", arguments: [40, 60, 80, 100])
  func wrapping(width: Int) throws {
    let help = try Sample.text(of: "search", "--help", width: width)
    for line in help.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
  }

  @Test("Help is given although other things are missing")
  func helpFirst() throws {
    #expect(
      try Sample.text(of: "export", "--help").contains("Usage: sample export [OPTIONS] VIDEO FILE"))
  }

  @Test("The version is one line")
  func version() throws { #expect(try Sample.text(of: "--version") == "sample 1.2.3\n") }

  @Test("The configuration is shown with origins, and without secrets")
  func printConfig() throws {
    let text = try Sample.text(
      of: "search", "--print-config", "--lang", "en", "--lang", "de", "--config", "f",
      environment: [
        "SAMPLE_REDIS_URL": "redis://user:hunter2@r", "SAMPLE_PASSWORD_FILE": "/run/p",
        "SAMPLE_GATWAY": "x", "OTHER": "y",
      ],
      files: ["f": "tls-ca = 'a # b'\n", "/run/p": "hunter3\n"])
    #expect(
      text == """
        # sample 1.2.3
        # configuration file: f
        gateway = 127.0.0.1:7400  # default
        tls-ca = "a # b"          # f, line 1
        timeout = 10s             # default
        password-file = /run/p    # environment SAMPLE_PASSWORD_FILE, content not shown
        redis-url = redis://***   # environment SAMPLE_REDIS_URL
        color = auto              # default
        json = false              # default
        limit = 20                # default
        lang = en, de             # flag
        cache = 8MiB              # default
        # SAMPLE_GATWAY is set, and is no option of sample

        """)
  }

  @Test("The printed configuration is a configuration file")
  func printedIsRead() throws {
    let text = try Sample.text(of: "search", "--print-config", "--limit=3", "--tls-ca", " x ")
    let values = try Sample.parse("search", "x", "--config", "f", files: ["f": text])
    #expect(values[Sample.limit] == 3)
    #expect(values[Sample.authority] == " x ")
    #expect(values[Sample.languages] == [])
  }
}
