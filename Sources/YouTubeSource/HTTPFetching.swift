package import HTTPClient

/// Makes HTTP requests. ``HTTPClient/HTTPClient`` does; tests play a server instead.
package protocol HTTPFetching: Sendable {
  /// - Throws: `HTTPClientError`.
  func response(
    to request: HTTPClient.Request
  ) async throws(HTTPClientError) -> HTTPClient.Response
}

extension HTTPClient: HTTPFetching {}
