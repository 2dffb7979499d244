internal import Glibc
public import Telemetry

/// Runs the parts of a service together, and stops them together.
///
/// The first of `SIGTERM` and `SIGINT` begins a graceful stop: every part is told, in order, and finishes what it has. After
/// ``shutdownTimeout``, or at a second signal, what is left is cancelled. A part that ends by itself, or throws, ends
/// the others in the same way, and ``run(signals:)`` throws.
public struct ServiceGroup: Sendable {
  /// A part ended although nobody asked it to.
  public struct UnexpectedEnd: Error, CustomStringConvertible {
    public let part: String
    public let cause: (any Error)?

    public var description: String {
      self.cause.map { "The \(self.part) ended: \($0)" } ?? "The \(self.part) ended by itself."
    }
  }

  private enum Event: Sendable {
    case ended(part: Int, error: (any Error)?)
    case signal(Int32)
    case timeout
    /// The stream of signals ended, or a timer was cancelled.
    case nothing
  }

  private let parts: [ServicePart]
  private let shutdownTimeout: Duration
  private let logger: Logger

  /// - Parameters:
  ///   - parts: In the order in which they are told to stop: those that take new work first.
  ///   - shutdownTimeout: What a graceful stop may take.
  public init(_ parts: [ServicePart], shutdownTimeout: Duration, logger: Logger) {
    self.parts = parts
    self.shutdownTimeout = shutdownTimeout
    self.logger = logger
  }

  /// Returns after a graceful stop that was asked for by a signal.
  ///
  /// - Parameters:
  ///   - signals: Numbers of signals as they arrive. `SIGHUP` calls `reload`.
  ///   - reload: Reads files again that may have changed, such as certificates.
  ///   - onShutdown: Called before the parts are told: tells the outside that no new work should be sent here.
  /// - Throws: ``UnexpectedEnd``.
  public func run(
    signals: AsyncStream<Int32>, reload: @escaping @Sendable () async -> Void = {},
    onShutdown: @escaping @Sendable () async -> Void = {}
  ) async throws {
    var unexpected: UnexpectedEnd?
    await withTaskGroup(of: Event.self) { group in
      for (index, part) in self.parts.enumerated() {
        group.addTask {
          do {
            try await part.run()
            return .ended(part: index, error: nil)
          } catch {
            return .ended(part: index, error: error)
          }
        }
      }
      let addSignal = { (group: inout TaskGroup<Event>) in
        group.addTask {
          for await signal in signals { return .signal(signal) }
          return .nothing
        }
      }
      addSignal(&group)
      var left = self.parts.count { !$0.isUpkeep }
      var isStopping = false
      while left > 0, let event = await group.next() {
        var mustStop = false
        switch event {
        case .ended(let index, let error):
          if !self.parts[index].isUpkeep { left -= 1 }
          if !isStopping {
            unexpected = UnexpectedEnd(part: self.parts[index].name, cause: error)
            mustStop = true
          } else if let error, !(error is CancellationError) {
            self.logger.error(
              "A part of the service failed while it was stopping.",
              [.name: self.parts[index].name, .error: "\(error)"])
          }
        case .signal(SIGHUP):
          await reload()
          addSignal(&group)
        case .signal(let number):
          if isStopping {
            self.logger.warning(
              "Asked again to stop: what is in work is given back now.", [.signal: String(number)])
            group.cancelAll()
          } else {
            self.logger.info(
              "Stopping: nothing new is taken, what is in work is finished.",
              [.signal: String(number)])
            mustStop = true
            addSignal(&group)
          }
        case .timeout:
          self.logger.warning(
            "Stopping took too long: what is left in work is given back.",
            [.timeout: String(Int64(self.shutdownTimeout / .milliseconds(1)))])
          group.cancelAll()
        case .nothing: break
        }
        if mustStop, !isStopping {
          isStopping = true
          await onShutdown()
          for part in self.parts { await part.beginGracefulShutdown() }
          group.addTask {
            do {
              try await Task.sleep(for: self.shutdownTimeout, clock: .continuous)
              return .timeout
            } catch {
              return .nothing  // Cancelled: everything has ended.
            }
          }
        }
      }
      group.cancelAll()
    }
    if let unexpected { throw unexpected }
  }
}
