/// By what a document is found that is in some language.
public enum LanguageLookup {
  /// The code in lower case, and what is in front of each of its hyphens: `zh-Hant-TW` is found by `zh`, `zh-hant` and
  /// `zh-hant-tw`.
  ///
  /// Whatever the code is, it is found by itself.
  public static func values(of code: String) -> [String] {
    let code = code.lowercased()
    let ends = code.indices.filter { code[$0] == "-" } + [code.endIndex]
    return ends.map { String(code[..<$0]) }
  }
}
