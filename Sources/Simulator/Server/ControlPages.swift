internal import HTTPServer
internal import Networking

/// The control port: watch the simulator and change how it behaves. Plain HTTP on loopback.
///
/// | request | does |
/// | --- | --- |
/// | `GET /health` | `ok` |
/// | `GET /counters` | totals as JSON |
/// | `GET /log?identity=&limit=` | the newest requests, as JSON |
/// | `GET /words?v=ID` | the words only this video has |
/// | `POST /scenario` | replaces the behaviour: JSON as in `README.md` |
/// | `POST /reset` | forgets attempts, windows, counters and the log |
@NetworkActor
final class ControlPages {
  private static let maxLogEntries = 1000
  private let youTube: SimulatedYouTube

  init(youTube: SimulatedYouTube) { self.youTube = youTube }

  func answer(_ request: HTTPRequest) -> HTTPResponse {
    switch (request.method, request.path) {
    case ("GET", "/health"): return .text("ok\n")
    case ("GET", "/counters"): return .json(self.counters().encoded())
    case ("GET", "/log"):
      let limit = min(Int(request.queryValue("limit") ?? "") ?? 100, Self.maxLogEntries)
      return .json(self.log(limit: max(0, limit), request.queryValue("identity")).encoded())
    case ("GET", "/words"):
      guard let video = SyntheticVideoID(request.queryValue("v") ?? "") else {
        return .text("v must be the identifier of a synthetic video\n", status: 404)
      }
      let words = self.youTube.catalog.speech.rareWords(of: video)
      return .json(JSONTree.array(words.map { .string($0) }).encoded())
    case ("POST", "/scenario"):
      do throws(ScenarioError) {
        self.youTube.scenario = try Scenario(json: request.body)
        return .json(JSONTree.object([("ok", true)]).encoded())
      } catch {
        return .text("\(error.description)\n", status: 400)
      }
    case ("POST", "/reset"):
      self.youTube.reset()
      return .json(JSONTree.object([("ok", true)]).encoded())
    case (_, "/health"), (_, "/counters"), (_, "/log"), (_, "/words"):
      return .methodNotAllowed("GET")
    case (_, "/scenario"), (_, "/reset"): return .methodNotAllowed("POST")
    default: return .text("see Sources/Simulator/README.md for the control port\n", status: 404)
    }
  }

  private func counters() -> JSONTree {
    let ledger = self.youTube.ledger
    func object<Key: Comparable>(_ counts: [Key: Int], _ name: (Key) -> String) -> JSONTree {
      .object(counts.sorted { $0.key < $1.key }.map { (name($0.key), .integer($0.value)) })
    }
    return [
      "requests": object(
        Dictionary(uniqueKeysWithValues: ledger.requests.map { ($0.key.rawValue, $0.value) })
      ) { $0 },
      "statuses": object(ledger.statuses) { "\($0)" },
      "faults": object(
        Dictionary(uniqueKeysWithValues: ledger.faults.map { ($0.key.rawValue, $0.value) })
      ) { $0 },
      "identities": object(ledger.identities) { $0 },
      "running": .integer(ledger.running),
      "maxRunning": .integer(ledger.maxRunning),
    ]
  }

  private func log(limit: Int, _ identity: String?) -> JSONTree {
    .array(
      self.youTube.ledger.newest(limit, identity: identity).map { entry in
        [
          "time": .integer(Int(entry.milliseconds)), "identity": .string(entry.identity),
          "path": .string(entry.path.rawValue), "subject": .string(entry.subject),
          "attempt": .integer(entry.attempt), "status": .integer(entry.status),
        ]
      })
  }
}
