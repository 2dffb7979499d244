internal import CommandLineTool

/// `verbatim`: the command line.
@main
enum Main {
  static func main() async { await ToolProcess.run() }
}
