public import AdminServer
internal import RedisClient
public import RedisQueue

extension ReadinessCheck {
  /// Redis answers, and is set up so that work is safe in it.
  public static func redis(_ queue: RedisQueue) -> ReadinessCheck {
    ReadinessCheck("redis") {
      do {
        let check = try await queue.checkServer()
        return check.problems.isEmpty ? nil : check.problems.joined(separator: " ")
      } catch {
        return "\(error)"
      }
    }
  }
}
