public import Networking

/// What a handler answers.
///
/// The server writes `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`; a handler sets the rest.
public struct HTTPResponse: Sendable {
  /// Where the body comes from.
  public enum Body: Sendable {
    case bytes([UInt8])
    /// Written bit by bit. With a `length` that many bytes are promised, and writing fewer cuts the connection, which
    /// the client sees as a short body. Without one the body is chunked (to an HTTP/1.0 client: ended by closing).
    /// An error thrown by `write` breaks the connection off without a proper end.
    case stream(
      length: Int?, write: @NetworkActor @Sendable (HTTPBodyWriter) async throws -> Void)
    /// After the head the connection leaves HTTP: `use` owns the stream from then on, for CONNECT and upgrades.
    case takeOver(use: @NetworkActor @Sendable (Stream) -> Void)
    /// No head, no body: the connection is closed at once.
    case hangUp
  }

  public var status: Int
  public var headers: HTTPHeaders
  public var body: Body

  public init(status: Int, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with a short text.
  public static func text(
    _ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
  }

  /// A response with JSON that is already encoded.
  public static func json(_ body: [UInt8], status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json; charset=UTF-8"],
      body: .bytes(body))
  }

  /// 405 that says what the path does allow.
  public static func methodNotAllowed(_ allowed: String...) -> HTTPResponse {
    var response = HTTPResponse.text("method not allowed\n", status: 405)
    response.headers["Allow"] = allowed.joined(separator: ", ")
    return response
  }

  /// The reason phrase of `status`; clients ignore it, people reading traces do not.
  static func reason(_ status: Int) -> String {
    Self.reasons[status] ?? "Status"
  }

  private static let reasons: [Int: String] = [
    100: "Continue", 101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
    204: "No Content", 301: "Moved Permanently", 302: "Found", 303: "See Other",
    304: "Not Modified", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 417: "Expectation Failed", 421: "Misdirected Request",
    429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]
}

/// Thrown into a body that is being written when the client has gone, or by a handler to break the connection off.
public struct HTTPAborted: Error {
  public init() {}
}
