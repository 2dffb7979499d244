public import HTTPClient
public import Transcripts

/// A proxy that requests may leave through, and the name under which it is limited and reported.
public struct EgressProxy: Hashable, Sendable, CustomStringConvertible {
  /// The most proxies in a list.
  public static let maxProxies = 10_000

  /// Never holds credentials: it names the identity in logs, in metrics and in Redis.
  public var name: String
  public var proxy: HTTPProxy
  /// Gives each connection another exit address, so connections are not reused, and a block costs another try and not a pause.
  public var isRotating: Bool
  /// Of ``weights``: it gets so many times the share of a proxy of weight 1, and has so many times its limits.
  public var weight: Int

  public static let weights = 1...1000

  public init(name: String, proxy: HTTPProxy, isRotating: Bool = false, weight: Int = 1) {
    self.name = name
    self.proxy = proxy
    self.isRotating = isRotating
    self.weight = weight
  }

  public var identity: EgressIdentity { EgressIdentity(self.name) }
  public var description: String { "\(self.name) (\(self.proxy))" }

  /// Reads a list from the text of a file: one proxy a line, `[name=]scheme://[user:password@]host:port
  /// [rotating] [weight=N]`.
  ///
  /// Empty lines and those that begin with `#` are skipped. Without a name, `host:port` is the name; two
  /// proxies with one name are refused, since they would share one limit.
  ///
  /// - Throws: ``ConfigurationError`` with the line's number and nothing of its text.
  public static func list(parsing text: String) throws(ConfigurationError) -> [Self] {
    var proxies: [Self] = []
    var names: Set<String> = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let where_ = "line \(index + 1) of the list of proxies"
      var proxy = try Self.proxy(first, where_)
      for word in words.dropFirst() {
        if word == "rotating" {
          proxy.isRotating = true
        } else if word.hasPrefix("weight="), let weight = Int(word.dropFirst(7)),
          Self.weights.contains(weight)
        {
          proxy.weight = weight
        } else {
          throw ConfigurationError(
            "\(where_): after the address only 'rotating' and 'weight=N', N from 1 to \(Self.weights.upperBound), may follow"
          )
        }
      }
      guard names.insert(proxy.name).inserted else {
        throw ConfigurationError(
          "\(where_): the name \(proxy.name) was used before; write name=address")
      }
      proxies.append(proxy)
      guard proxies.count <= Self.maxProxies else {
        throw ConfigurationError("the list of proxies has more than \(Self.maxProxies)")
      }
    }
    return proxies
  }

  private static func proxy(
    _ text: Substring, _ place: String
  ) throws(ConfigurationError) -> Self {
    // A name ends at the first "=" in front of the scheme; passwords may hold one too.
    let scheme = text.firstRange(of: "://")?.lowerBound ?? text.endIndex
    var name: Substring?
    var address = text
    if let equals = text[..<scheme].firstIndex(of: "=") {
      name = text[..<equals]
      address = text[text.index(after: equals)...]
    }
    let proxy: HTTPProxy
    do throws(HTTPClientError) {
      proxy = try HTTPProxy(parsing: String(address))
    } catch {
      throw ConfigurationError("\(place): \(error.message)")
    }
    if let name {
      let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x40 && $0 != 0x3A }
      guard (1...64).contains(name.utf8.count), isPlain else {
        throw ConfigurationError("\(place): a name has 1 to 64 plain characters, no @ and no colon")
      }
    }
    return Self(name: name.map(String.init) ?? "\(proxy.host):\(proxy.port)", proxy: proxy)
  }
}
