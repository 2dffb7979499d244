/// How much of its traffic a client may repeat: when everything fails, repeating makes it worse.
///
/// As gRPC's retry throttling: each failure takes a token, each success gives a part of one back, and calls are repeated only
/// while more than half of the tokens are there.
struct RetryBudget: Sendable, Hashable {
  static let maxTokens = 10.0
  static let tokensPerSuccess = 0.1

  private var tokens = Self.maxTokens

  /// Whether a call that has failed may be repeated.
  var allowsRetry: Bool { self.tokens > Self.maxTokens / 2 }

  mutating func succeeded() {
    self.tokens = min(Self.maxTokens, self.tokens + Self.tokensPerSuccess)
  }

  mutating func failed() { self.tokens = max(0, self.tokens - 1) }
}
