/// Collects lines of Swift with their indentation, and breaks those that would be too long.
struct SourceWriter {
  static let maxColumns = 100

  private(set) var text = ""
  private var depth = 0

  mutating func line(_ string: String = "") {
    if !string.isEmpty { self.text += String(repeating: "  ", count: self.depth) + string }
    self.text += "\n"
  }

  mutating func indented(_ body: (inout SourceWriter) -> Void) {
    self.depth += 1
    body(&self)
    self.depth -= 1
  }

  mutating func indent() { self.depth += 1 }

  mutating func outdent() { self.depth -= 1 }

  func fits(_ string: String) -> Bool { 2 * self.depth + string.count <= Self.maxColumns }

  /// `head {`, the body and `}`: on one line if they fit.
  mutating func short(_ head: String, _ body: String) {
    let whole = "\(head) { \(body) }"
    if self.fits(whole) { return self.line(whole) }
    self.line(head + " {")
    self.indented { $0.line(body) }
    self.line("}")
  }

  /// A case of a switch: on one line if it fits.
  mutating func arm(_ head: String, _ body: String) {
    let whole = "\(head): \(body)"
    if self.fits(whole) { return self.line(whole) }
    self.line(head + ":")
    self.indented { $0.line(body) }
  }

  /// `head(arguments)tail`: on one line if it fits, else with the arguments on lines of their own.
  mutating func call(_ head: String, _ arguments: [String], _ tail: String = "") {
    let joined = arguments.joined(separator: ", ")
    let whole = "\(head)(\(joined))\(tail)"
    if self.fits(whole) { return self.line(whole) }
    self.line(head + "(")
    self.indented { out in
      if out.fits(joined) {
        out.line(joined)
      } else {
        for (i, argument) in arguments.enumerated() {
          out.line(argument + (i + 1 < arguments.count ? "," : ""))
        }
      }
    }
    self.line(")" + tail)
  }

  /// `head[elements]tail`: on one line if it fits, else one element a line.
  mutating func list(_ head: String, _ elements: [String], _ tail: String = "") {
    let whole = "\(head)[\(elements.joined(separator: ", "))]\(tail)"
    if self.fits(whole) { return self.line(whole) }
    self.line(head + "[")
    self.indented { out in
      for element in elements { out.line(element + ",") }
    }
    self.line("]" + tail)
  }

  /// A comment of a .proto file as documentation.
  mutating func documentation(_ comment: String) {
    // Every kind of line break: what follows one would not be a comment any more.
    var lines = comment.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
      line in
      var line = line.hasPrefix(" ") ? line.dropFirst() : line
      while let last = line.last, last.isWhitespace { line.removeLast() }
      return line
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines { self.line(line.isEmpty ? "///" : "/// " + line) }
  }
}
