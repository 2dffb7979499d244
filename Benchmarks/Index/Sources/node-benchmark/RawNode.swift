internal import HTTPClient
internal import JSON
internal import Networking

/// The least that a client of a search server can do: bodies that were made beforehand go out as they are, and of the
/// answers nothing is looked at but whether they are successes.
@NetworkActor
final class RawNode {
  private let url: String
  private let http: HTTPClient

  init(_ url: String) throws {
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    var options = HTTPClient.Options()
    options.allowsPlainHTTP = true
    options.allowsHTTP2 = false
    options.maxRequestBodyBytes = 100 << 20
    self.http = try HTTPClient(options: options)
  }

  func close() { self.http.close() }

  struct Refused: Error, CustomStringConvertible {
    var description: String
  }

  /// - Returns: The answer's body.
  @discardableResult
  func send(
    _ method: HTTPClient.Request.Method, _ path: String, _ body: [UInt8] = [],
    type: String = "application/json"
  ) async throws -> [UInt8] {
    let headers = body.isEmpty ? [] : [HTTPClient.Header("Content-Type", type)]
    let response = try await self.http.response(
      to: HTTPClient.Request(
        method: method, url: self.url + path, headers: headers, body: body,
        timeout: .seconds(300), maxBodyBytes: 256 << 20))
    guard (200..<300).contains(response.status) else {
      let said = String(decoding: response.body.prefix(500), as: UTF8.self)
      throw Refused(description: "\(method.rawValue) \(path): HTTP \(response.status): \(said)")
    }
    return response.body
  }

  func send(
    _ method: HTTPClient.Request.Method, _ path: String, _ body: String
  ) async throws -> [UInt8] {
    try await self.send(method, path, Array(body.utf8))
  }

  /// Of processor, used so far by all nodes of the cluster.
  func processorSeconds() async throws -> Double {
    // The node looks once a second.
    try await ContinuousClock().sleep(for: .milliseconds(1100))
    let answer = try await self.send(
      .get, "/_nodes/stats/process?filter_path=nodes.*.process.cpu.total_in_millis")
    let nodes = try JSONDocument(parsing: answer).root["nodes"]
    return nodes.map { nodes in
      nodes.members.reduce(0) {
        $0 + Double($1.value["process"]?["cpu"]?["total_in_millis"]?.int ?? 0) / 1e3
      }
    } ?? 0
  }

  /// Sends the bodies, `streams` at a time.
  nonisolated func load(_ bodies: [[UInt8]], streams: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for stream in 0..<streams {
        group.addTask {
          for number in stride(from: stream, to: bodies.count, by: streams) {
            try await self.load(bodies[number])
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func load(_ body: [UInt8]) async throws {
    let answer = try await self.send(
      .post, "/_bulk?filter_path=errors", body, type: "application/x-ndjson")
    guard answer == Array(#"{"errors":false}"#.utf8) else {
      throw Refused(description: "a bulk request was answered with errors")
    }
  }

  /// All documents of an index as they are stored, as `_bulk` bodies for another one.
  func copies(of index: String, to other: String, batch: Int) async throws -> [[UInt8]] {
    var bodies: [[UInt8]] = []
    var after = ""
    while true {
      let page = try await self.send(
        .post, "/\(index)/_search",
        #"{"size":\#(batch),"sort":[{"id":"asc"}]\#(after)}"#)
      let document = try JSONDocument(
        parsing: page, limits: JSONLimits(maxBytes: 256 << 20))
      var writer = JSONWriter()
      var last = ""
      var count = 0
      guard let hits = document.root["hits"]?["hits"] else { break }
      for hit in hits.elements {
        guard let id = hit["_id"]?.string, let source = hit["_source"] else { continue }
        last = id
        count += 1
        Self.operation(other, id, &writer)
        writer.value(source)
        writer.endLine()
      }
      guard count > 0 else { break }
      bodies.append(writer.bytes)
      var id = JSONWriter()
      id.string(last)
      after = #","search_after":[\#(String(decoding: id.bytes, as: UTF8.self))]"#
    }
    return bodies
  }

  nonisolated static func operation(_ index: String, _ id: String, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("index")
      writer.object { writer in
        writer.member("_index", index)
        writer.member("_id", id)
      }
    }
    writer.endLine()
  }
}
