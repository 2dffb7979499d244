import ElasticsearchIndex
import HTTPServer
import JSON
import Networking
import Search
import SearchIndexKit
import Testing

/// A cluster of one HTTP server that answers as real nodes of six versions did (recorded shapes), and plays the faults that a
/// healthy node never shows. It keeps documents by identifier, with versions; it does not search.
@NetworkActor
final class ScriptedCluster {
  /// What `GET /` says.
  struct Product: Sendable, CustomStringConvertible {
    var description: String
    var root: String
    /// Sent by Elasticsearch from 7.14 on.
    var hasProductHeader: Bool

    static func elasticsearch(_ version: String) -> Product {
      Product(
        description: "Elasticsearch \(version)",
        root: """
          {"name":"n","cluster_name":"c","version":{"number":"\(version)","build_flavor":"default"},"tagline":"You Know, for Search"}
          """, hasProductHeader: true)
    }

    static func opensearch(_ version: String) -> Product {
      Product(
        description: "OpenSearch \(version)",
        root: """
          {"name":"n","cluster_name":"c","version":{"distribution":"opensearch","number":"\(version)"},"tagline":"The OpenSearch Project: https://opensearch.org/"}
          """, hasProductHeader: false)
    }

    static let all = [
      Self.elasticsearch("7.17.29"), .elasticsearch("8.19.0"), .elasticsearch("9.5.3"),
      .opensearch("1.3.20"), .opensearch("2.19.4"), .opensearch("3.4.0"),
    ]
  }

  var product = Product.elasticsearch("8.19.0")
  /// Answers in place of what follows: the next fault, for a `_bulk`.
  var bulkFaults: [HTTPResponse] = []
  /// For each item of a `_bulk`, by document: what it is answered, as often as there are entries.
  var itemFaults: [String: [(status: Int, type: String)]] = [:]
  /// Bodies longer than that are 413.
  var maxBulkBytes = Int.max
  /// Every request is answered so.
  var refusal: HTTPResponse?
  private(set) var documents: [String: (version: Int, source: [UInt8])] = [:]
  /// Every request, as `METHOD path?query`.
  private(set) var requests: [String] = []
  private(set) var bulkSizes: [Int] = []
  private(set) var headers: [HTTPHeaders] = []
  /// Requests that each node was asked, by its number.
  private(set) var asked: [Int: Int] = [:]
  /// Nodes that take requests and answer none.
  private var stalled: Set<Int> = []
  private var held: [CheckedContinuation<Void, Never>] = []
  /// False: of stalled nodes, what they were asked until now waits, and what is new is answered.
  var holdsNewRequests = true
  var heldCount: Int { self.held.count }
  var refreshCount: Int { self.requests.count { $0.hasSuffix("/_refresh") } }
  private var concrete: String?

  /// From now on this node takes requests and answers none.
  func stall(_ node: Int) { self.stalled.insert(node) }

  /// The node does what it was asked meanwhile, though hardly anybody waits for it any more, and answers again.
  func resume(_ node: Int) {
    self.stalled.remove(node)
    let held = self.held
    self.held = []
    for request in held { request.resume() }
  }

  func answer(_ request: HTTPRequest, at node: Int) async -> HTTPResponse {
    self.asked[node, default: 0] += 1
    while self.stalled.contains(node), self.holdsNewRequests {
      await withCheckedContinuation { self.held.append($0) }
    }
    self.requests.append(
      "\(request.method) \(request.path)" + (request.query.isEmpty ? "" : "?\(request.query)"))
    self.headers.append(request.headers)
    var response = self.refusal ?? self.route(request)
    if self.product.hasProductHeader { response.headers["X-Elastic-Product"] = "Elasticsearch" }
    return response
  }

  private func route(_ request: HTTPRequest) -> HTTPResponse {
    // One of the versions refuses each of these (search.md §4).
    let types = [request.headers["Content-Type"] ?? "", request.headers["Accept"] ?? ""]
    if types.contains(where: { $0.contains("compatible-with") }) {
      return Self.error(406, "media_type_header_exception", "not understood")
    }
    if request.query.contains("master_timeout") || request.query.contains("cluster_manager") {
      return Self.error(400, "illegal_argument_exception", "unrecognized parameter")
    }
    if request.headers["Transfer-Encoding"] != nil {
      return Self.error(400, "parse_exception", "chunked bodies are not for proxies")
    }
    switch (request.method, request.path) {
    case ("GET", "/"): return .json(Array(self.product.root.utf8))
    case (_, let path) where path.hasPrefix("/_index_template/"):
      return request.method == "GET"
        ? Self.error(404, "resource_not_found_exception", "no template") : Self.acknowledged
    case ("GET", let path) where path.hasSuffix("/_alias"):
      guard let concrete else { return .json(Array("{}".utf8)) }
      let name = concrete.split(separator: ".").dropLast().joined(separator: ".")
      return .json(
        Array(
          #"{"\#(concrete)":{"aliases":{"\#(name)":{},"\#(name).write":{"is_write_index":true}}}}"#
            .utf8))
    case ("PUT", let path):
      self.concrete = String(path.dropFirst())
      return Self.acknowledged
    case ("POST", "/_mget"): return self.mget(request)
    case ("POST", "/_bulk"): return self.bulk(request)
    case ("POST", let path) where path.hasSuffix("/_refresh"): return Self.acknowledged
    case ("POST", let path) where path.hasSuffix("/_search"):
      return .json(
        Array(
          #"{"timed_out":false,"hits":{"total":{"value":\#(Self.total),"relation":"eq"},"hits":[]}}"#
            .utf8))
    default: return Self.error(400, "illegal_argument_exception", "no handler found")
    }
  }

  private func mget(_ request: HTTPRequest) -> HTTPResponse {
    guard let root = try? JSONDocument(parsing: request.body).root else {
      return Self.error(400, "parsing_exception", "not JSON")
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("docs")
      writer.array { writer in
        guard let asked = root["docs"] else { return }
        for item in asked.elements {
          let id = item["_id"]?.string ?? ""
          writer.object { writer in
            writer.member("_id", id)
            writer.member("found", self.documents[id] != nil)
            guard let known = self.documents[id] else { return }
            writer.member("_version", known.version)
            writer.key("_source")
            writer.encoded(known.source)
          }
        }
      }
    }
    return .json(writer.bytes)
  }

  private func bulk(_ request: HTTPRequest) -> HTTPResponse {
    if !self.bulkFaults.isEmpty { return self.bulkFaults.removeFirst() }
    guard request.body.count <= self.maxBulkBytes else { return HTTPResponse(status: 413) }
    guard request.body.last == UInt8(ascii: "\n") else {
      return Self.error(400, "illegal_argument_exception", "must be terminated by a newline")
    }
    var lines = request.body.dropLast().split(separator: UInt8(ascii: "\n"))[...]
    var items: [(operation: String, id: String, status: Int, type: String)] = []
    while let line = lines.popFirst() {
      guard
        let action = try? JSONDocument(parsing: Array(line)).root.members.first(where: { _ in true }
        )
      else { return Self.error(400, "illegal_argument_exception", "malformed action") }
      let id = action.value["_id"]?.string ?? ""
      guard id.utf8.count <= 512 else {
        return Self.error(400, "action_request_validation_exception", "id is too long")
      }
      let source = action.name == "delete" ? nil : lines.popFirst().map { Array($0) }
      items.append(self.perform(action, id, source))
    }
    self.bulkSizes.append(items.count)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("took", 1)
      writer.member("errors", items.contains { $0.status >= 300 })
      writer.key("items")
      writer.array { writer in
        for item in items {
          writer.object { writer in
            writer.key(item.operation)
            writer.object { writer in
              // Elasticsearch 8 and 9 have the keys in another order than the others.
              writer.member("_id", item.id)
              if !item.type.isEmpty {
                writer.key("error")
                writer.object { writer in
                  writer.member("type", item.type)
                  writer.member("reason", "because of \(item.type)")
                }
              }
              writer.member("status", item.status)
            }
          }
        }
      }
    }
    return .json(writer.bytes)
  }

  private func perform(
    _ action: JSONMember, _ id: String, _ source: [UInt8]?
  ) -> (operation: String, id: String, status: Int, type: String) {
    if var faults = self.itemFaults[id], !faults.isEmpty {
      let fault = faults.removeFirst()
      self.itemFaults[id] = faults
      return (action.name, id, fault.status, fault.type)
    }
    let known = self.documents[id]
    let conflict = (action.name, id, 409, "version_conflict_engine_exception")
    guard let source else { return (action.name, id, known == nil ? 404 : 200, "") }
    guard action.value["require_alias"]?.bool == true else {
      return (action.name, id, 400, "no_alias_was_required")
    }
    if action.name == "create" {
      guard known == nil else { return conflict }
      self.documents[id] = (1, source)
      return (action.name, id, 201, "")
    }
    let version = action.value["version"]?.int ?? 0
    guard version > known?.version ?? 0 else { return conflict }
    self.documents[id] = (version, source)
    return (action.name, id, 200, "")
  }

  /// What every search finds.
  static let total = 7

  static let acknowledged = HTTPResponse.json(Array(#"{"acknowledged":true}"#.utf8))

  static func error(_ status: Int, _ type: String, _ reason: String) -> HTTPResponse {
    .json(
      Array(
        #"{"error":{"root_cause":[{"type":"\#(type)","reason":"\#(reason)"}],"type":"\#(type)","reason":"\#(reason)"},"status":\#(status)}"#
          .utf8), status: status)
  }
}

/// Runs `body` with a cluster of scripted nodes that share their documents, and an index in it.
@NetworkActor
func withCluster(
  nodes: Int = 1, tls: TLSContext? = nil,
  _ change: (inout ElasticsearchConfiguration) -> Void = { _ in },
  _ body: @NetworkActor (ScriptedCluster, ElasticsearchIndex, [HTTPServer]) async throws -> Void
) async throws {
  let cluster = ScriptedCluster()
  var servers: [HTTPServer] = []
  for node in 0..<nodes {
    var options = HTTPServerOptions()
    options.maxBodyBytes = 64 << 20
    servers.append(
      try HTTPServer(options: options, tls: tls) { await cluster.answer($0, at: node) })
  }
  var configuration = ElasticsearchConfiguration(
    hosts: servers.map { "\(tls == nil ? "http" : "https")://localhost:\($0.port)" })
  configuration.minRetryDelay = .milliseconds(1)
  configuration.maxRetryDelay = .milliseconds(5)
  configuration.linger = .zero
  configuration.writeTimeout = .seconds(5)
  change(&configuration)
  let index = try await ElasticsearchIndex(configuration)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for server in servers { group.addTask { await server.run() } }
    let result: Result<Void, any Error>
    do { result = .success(try await body(cluster, index, servers)) } catch {
      result = .failure(error)
    }
    await index.close()
    for node in servers.indices { cluster.resume(node) }
    for server in servers { server.beginGracefulShutdown() }
    try await group.waitForAll()
    try result.get()
  }
}

/// Small documents, all different.
func someDocuments(_ count: Int) -> [IndexDocument] {
  (0..<count).map { number in
    let digits = String(number)
    let id = "v" + String(repeating: "0", count: 10 - digits.count) + digits
    return Corpus.document(id, ["words of number \(number)"])
  }
}

extension IndexOutcome {
  var reason: String? { if case .rejected(let reason) = self { reason } else { nil } }
}

/// `#expect(try await … == …)` does not compile in these closures.
func expectOutcomes(
  _ found: [IndexOutcome], _ wanted: [IndexOutcome],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found == wanted, sourceLocation: sourceLocation)
}
