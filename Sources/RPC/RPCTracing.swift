/// One call as a span of its trace.
public struct RPCSpan: Sendable, Hashable {
  /// Which side.
  public enum Kind: Sendable, Hashable {
    /// Answered here.
    case server
    /// Made from here.
    case client
  }

  /// Which side.
  public let kind: Kind
  /// What was called.
  public let method: RPCMethod
  /// This span.
  public let trace: TraceContext
  /// The span that this one is part of; nil: it began the trace.
  public let parentSpanID: UInt64?
  /// When it began.
  public let start: ContinuousClock.Instant
  /// How long it took. For a call with a stream of responses that was made from here: until it was on its way.
  public let duration: Duration
  /// How it ended.
  public let code: RPCStatusCode
}

/// Carries W3C trace contexts: takes a caller's, makes a span of each call, and tells servers called further on of it.
///
/// For both sides: among a server's interceptors it begins a trace where the caller has none, and makes its span the handler's
/// `traceparent`; among a client's it makes a span within the handler's.
public struct RPCTracing: RPCServerCallInterceptor, RPCClientInterceptor {
  private let sampledPart: Double
  private let onSpan: @Sendable (RPCSpan) -> Void

  /// Creates an interceptor.
  ///
  /// - Parameters:
  ///   - sampledPart: How many of the traces that begin here are recorded, 0 to 1; those that come decide for themselves.
  ///   - onSpan: Gets each span that is to be recorded, when its call has ended. Returns at once.
  public init(sampledPart: Double, onSpan: @escaping @Sendable (RPCSpan) -> Void) {
    self.sampledPart = sampledPart
    self.onSpan = onSpan
  }

  /// Makes a span of an answered call.
  public func around<Result: Sendable>(
    _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
  ) async throws -> Result {
    let (parent, trace) = self.step(within: context.traceparent)
    var context = context
    context.metadata[RPCContext.traceparentKey] = trace.traceparent
    // It belongs to a trace that could not be read (Trace Context, §4.3).
    if parent == nil { context.metadata[RPCContext.tracestateKey] = nil }
    let start = ContinuousClock.now
    do {
      let result = try await next(context)
      self.ended(.server, method, trace, parent, start, .ok)
      return result
    } catch {
      self.ended(.server, method, trace, parent, start, RPCStatusCode(of: error))
      throw error
    }
  }

  /// Makes a span of a call that is made.
  public func intercept<Result: Sendable>(
    _ method: RPCMethod, _ options: RPCOptions,
    next: @Sendable (RPCOptions) async throws -> Result
  ) async throws -> Result {
    let (parent, trace) = self.step(within: options.metadata[RPCContext.traceparentKey])
    var options = options
    options.metadata[RPCContext.traceparentKey] = trace.traceparent
    if parent == nil { options.metadata[RPCContext.tracestateKey] = nil }
    let start = ContinuousClock.now
    do {
      let result = try await next(options)
      self.ended(.client, method, trace, parent, start, .ok)
      return result
    } catch {
      self.ended(.client, method, trace, parent, start, RPCStatusCode(of: error))
      throw error
    }
  }

  private func step(within traceparent: String?) -> (parent: UInt64?, TraceContext) {
    if let parent = traceparent.flatMap(TraceContext.init) {
      return (parent.spanID, parent.child())
    }
    let isSampled = self.sampledPart >= 1 || .random(in: 0..<1) < self.sampledPart
    return (nil, .root(isSampled: isSampled))
  }

  private func ended(
    _ kind: RPCSpan.Kind, _ method: RPCMethod, _ trace: TraceContext, _ parent: UInt64?,
    _ start: ContinuousClock.Instant, _ code: RPCStatusCode
  ) {
    guard trace.isSampled else { return }
    self.onSpan(
      RPCSpan(
        kind: kind, method: method, trace: trace, parentSpanID: parent, start: start,
        duration: .now - start, code: code))
  }
}
