internal import Networking
internal import Options
internal import RedisClient

/// How the options about Redis become its configuration.
enum RedisOptions {
  /// A URL without what may be a password.
  static func redacted(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://"), let at = url.lastIndex(of: "@"),
      at > scheme.upperBound
    else { return url }
    let user = url[scheme.upperBound..<at].prefix { $0 != ":" }
    return "\(url[..<scheme.upperBound])\(user)\(url[at...])"
  }

  static func configuration(
    _ options: ServiceOptions, _ values: OptionValues, clientName: String
  ) throws -> RedisConfiguration {
    let url: RedisURL
    do {
      url = try RedisURL(values[options.redisURL])
    } catch {
      throw values.mistake(options.redisURL, error.message, remedy: "")
    }
    guard url.password.isEmpty else {
      throw values.mistake(
        options.redisURL, "it holds a password, which others can read here",
        remedy: "put it into a file and name that with --redis-password-file")
    }
    var tls: TLSContext?
    if url.usesTLS {
      tls = try .client(
        authority: values[options.redisCA], certificate: values[options.redisCertificate],
        key: values[options.redisKey])
    }
    return RedisConfiguration(
      url, password: values[options.redisPassword]?.value, tls: tls, clientName: clientName)
  }
}
