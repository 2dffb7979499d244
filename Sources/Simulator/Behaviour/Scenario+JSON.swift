internal import JSON

/// Why a scenario could not be read; names the member and what it may be.
public struct ScenarioError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ name: String, mustBe expected: String) {
    self.description = "\(name) must be \(expected)"
  }

  init(_ description: String) { self.description = description }
}

extension Scenario {
  private static let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 16, maxNodes: 100_000)

  /// Reads a scenario as the control port and `--scenario` take it. A member that is missing keeps its default; an
  /// unknown one is an error, because a typing mistake must not look like a quiet success.
  public init(json bytes: [UInt8]) throws(ScenarioError) {
    let root: JSONValue
    do {
      root = try JSONDocument(parsing: bytes, limits: Self.limits).root
    } catch {
      throw ScenarioError("the scenario is not JSON: \(error)")
    }
    guard root.kind == .object else { throw ScenarioError("the scenario", mustBe: "a JSON object") }
    self.init()
    for member in root.members {
      switch member.name {
      case "latency": try self.setLatency(member.value)
      case "rules":
        guard member.value.kind == .array else { throw ScenarioError("rules", mustBe: "a list") }
        for item in member.value.elements { self.rules.append(try Self.rule(item)) }
      case "cap": self.cap = try Self.cap(member.value)
      case "videoShares": self.videoShares = try Self.shares(member.value)
      default:
        throw ScenarioError(member.name, mustBe: "one of latency, rules, cap, videoShares")
      }
    }
  }

  private mutating func setLatency(_ value: JSONValue) throws(ScenarioError) {
    guard value.kind == .object else { throw ScenarioError("latency", mustBe: "an object") }
    for member in value.members {
      let latency = try Self.latency(member.value, name: "latency.\(member.name)")
      if member.name == "default" {
        self.defaultLatency = latency
      } else {
        self.latency[try Self.one(of: Path.self, member.name, "latency")] = latency
      }
    }
  }

  private static func latency(
    _ value: JSONValue, name: String
  ) throws(ScenarioError) -> Latency {
    guard value.kind == .object else { throw ScenarioError(name, mustBe: "an object") }
    var latency = Latency(medianMilliseconds: 0)
    for member in value.members {
      guard let number = member.value.double, number >= 0 else {
        throw ScenarioError("\(name).\(member.name)", mustBe: "a number of at least 0")
      }
      switch member.name {
      case "medianMilliseconds": latency.medianMilliseconds = number
      case "sigma": latency.sigma = number
      case "tailShare": latency.tailShare = number
      case "tailFactor": latency.tailFactor = number
      default:
        throw ScenarioError(
          name, mustBe: "made of medianMilliseconds, sigma, tailShare, tailFactor")
      }
    }
    return latency
  }

  private static func rule(_ value: JSONValue) throws(ScenarioError) -> Rule {
    var rule = Rule(try Self.one(of: Fault.self, value["fault"]?.string, "rules.fault"))
    for member in value.members {
      switch member.name {
      case "fault": break
      case "probability":
        guard let number = member.value.double, (0...1).contains(number) else {
          throw ScenarioError("rules.probability", mustBe: "from 0 to 1")
        }
        rule.probability = number
      case "path": rule.path = try Self.one(of: Path.self, member.value.string, "rules.path")
      case "attempts": rule.attempts = try Self.count(member.value, "rules.attempts")
      case "identity": rule.identity = member.value.string
      case "subject": rule.subject = member.value.string
      case "retryAfterSeconds":
        rule.retryAfterSeconds = try Self.count(member.value, "rules.retryAfterSeconds")
      default:
        throw ScenarioError(
          "rules",
          mustBe:
            "made of fault, probability, path, attempts, identity, subject, retryAfterSeconds")
      }
    }
    return rule
  }

  private static func cap(_ value: JSONValue) throws(ScenarioError) -> Cap? {
    if value.isNull { return nil }
    guard let maxRequests = value["maxRequests"] else {
      throw ScenarioError("cap", mustBe: "null or an object with maxRequests")
    }
    var cap = Cap(maxRequests: try Self.count(maxRequests, "cap.maxRequests"))
    if let seconds = value["windowSeconds"] {
      cap.windowSeconds = max(1, try Self.count(seconds, "cap.windowSeconds"))
    }
    if let fault = value["fault"] {
      cap.fault = try Self.one(of: Fault.self, fault.string, "cap.fault")
    }
    return cap
  }

  private static func shares(_ value: JSONValue) throws(ScenarioError) -> [String: Double] {
    var shares: [String: Double] = [:]
    for member in value.members {
      let kind = try Self.one(of: SimulatedVideo.Availability.self, member.name, "videoShares")
      guard let share = member.value.double, share >= 0 else {
        throw ScenarioError("videoShares.\(member.name)", mustBe: "a number of at least 0")
      }
      shares[kind.rawValue] = share
    }
    guard shares.values.reduce(0, +) <= 1 else {
      throw ScenarioError("videoShares", mustBe: "numbers that add up to at most 1")
    }
    return shares
  }

  private static func count(_ value: JSONValue, _ name: String) throws(ScenarioError) -> Int {
    guard let number = value.int, number >= 0 else {
      throw ScenarioError(name, mustBe: "a whole number of at least 0")
    }
    return number
  }

  private static func one<Choice: CaseIterable & RawRepresentable<String>>(
    of type: Choice.Type, _ text: String?, _ name: String
  ) throws(ScenarioError) -> Choice {
    guard let text, let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ScenarioError(name, mustBe: "one of \(names)")
    }
    return choice
  }
}
