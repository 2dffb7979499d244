/// An `https` URL in the two parts that HTTP/2 says.
struct HTTPSTarget: Sendable {
  /// Host and, unless it is 443, port; in lower case.
  let authority: String
  /// With the query, without the fragment.
  let path: String

  /// Nil for other schemes, and for URLs with credentials, which libcurl knows how to send.
  init?(_ url: String) {
    let scheme = "https://"
    guard url.hasPrefix(scheme) else { return nil }
    let rest = url.utf8.dropFirst(scheme.utf8.count)
    let authority = rest.prefix {
      $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")) else { return nil }
    let path = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
    let name = String(Substring(authority)).lowercased()
    self.authority = name.hasSuffix(":443") ? String(name.dropLast(4)) : name
    self.path = path.first == UInt8(ascii: "/") ? String(Substring(path)) : "/" + Substring(path)
  }
}
