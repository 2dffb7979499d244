/// Colours and weights of a terminal, or none.
struct TextStyle: Sendable, Equatable {
  enum Use: String, CaseIterable, Sendable { case auto, always, never }

  /// Whether escape sequences may be written.
  let hasColor: Bool
  /// Whether the terminal can show more than ASCII.
  let hasUnicode: Bool
  /// Whether what was written can be written over: the output is a terminal that moves its cursor.
  let canRedraw: Bool

  init(hasColor: Bool, hasUnicode: Bool, canRedraw: Bool = false) {
    self.hasColor = hasColor
    self.hasUnicode = hasUnicode
    self.canRedraw = canRedraw
  }

  /// For an output: `--color` decides; `auto` is a terminal that is not dumb, unless `NO_COLOR` is set (no-color.org).
  init(_ use: Use, isTerminal: Bool, environment: [String: String]) {
    let canRedraw = isTerminal && !["", "dumb"].contains(environment["TERM"] ?? "")
    let isWanted =
      switch use {
      case .always: true
      case .never: false
      case .auto: canRedraw && environment["NO_COLOR"] ?? "" == ""
      }
    // The first of these that is set says what a terminal understands (POSIX, 8.2).
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    let isUnicode =
      locale.map { $0.lowercased().replacing("-", with: "").contains("utf8") } ?? false
    self.init(hasColor: isWanted, hasUnicode: isUnicode, canRedraw: canRedraw)
  }

  func bold(_ text: String) -> String { self.marked(text, "1") }
  func dim(_ text: String) -> String { self.marked(text, "2") }
  func red(_ text: String) -> String { self.marked(text, "31") }
  func green(_ text: String) -> String { self.marked(text, "32") }
  func yellow(_ text: String) -> String { self.marked(text, "33") }

  private func marked(_ text: String, _ code: String) -> String {
    self.hasColor && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }

  var ellipsis: String { self.hasUnicode ? "…" : "..." }
  var dot: String { self.hasUnicode ? " · " : " - " }
}
