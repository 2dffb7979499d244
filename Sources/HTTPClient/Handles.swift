internal import CCurl
internal import Networking

/// libcurl's multi handle: it runs all transfers. On the network thread only.
@NetworkActor
final class MultiHandle {
  private var raw: UnsafeMutableRawPointer?

  init(options: HTTPClient.Options) throws(HTTPClientError) {
    guard let raw = curl_multi_init() else {
      throw HTTPClientError(.misconfigured, "libcurl could not make a multi handle: out of memory")
    }
    self.raw = raw
    // Can only fail for options that this libcurl does not know; its defaults are then used.
    _ = ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, options.maxIdleConnections)
    _ = ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
  }

  func setCallbacks(
    socket: @escaping ccurl_socket, timer: @escaping ccurl_timer, user: UnsafeMutableRawPointer
  ) {
    _ = ccurl_multi_set_callbacks(self.raw, socket, timer, user)
  }

  func add(_ easy: EasyHandle) throws(HTTPClientError) {
    let code = curl_multi_add_handle(self.raw, easy.raw)
    guard code == CURLM_OK else {
      throw HTTPClientError(
        .misconfigured, "libcurl took no transfer (\(String(cString: curl_multi_strerror(code))))")
    }
  }

  func remove(_ easy: EasyHandle) {
    // Fails only for a handle that was never added.
    _ = curl_multi_remove_handle(self.raw, easy.raw)
  }

  /// Tells libcurl what became ready; errors of single transfers come out of ``nextResult()``.
  func act(_ descriptor: curl_socket_t, _ events: Int32) {
    guard let raw = self.raw else { return }
    var running: Int32 = 0
    _ = curl_multi_socket_action(raw, descriptor, events, &running)
  }

  func nextResult() -> (EasyHandle, CURLcode)? {
    guard let raw = self.raw else { return nil }
    var left: Int32 = 0
    while let message = curl_multi_info_read(raw, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
        continue
      }
      return (EasyHandle(raw: easy), ccurl_result(message))
    }
    return nil
  }

  /// Closes all connections. No transfer may be left in it.
  func cleanUp() {
    guard let raw = self.raw else { return }
    _ = curl_multi_cleanup(raw)
    self.raw = nil
  }
}

/// Handles that wait to be used again: making one costs more than a request's headers.
@NetworkActor
struct HandlePool {
  /// Each keeps some kilobytes.
  static let maxIdle = 128
  private var idle: [EasyHandle] = []
  /// Handles that exist, in use or idle.
  private(set) var count = 0

  mutating func take() throws(HTTPClientError) -> EasyHandle {
    if let easy = self.idle.popLast() { return easy }
    guard let raw = curl_easy_init() else {
      throw HTTPClientError(.misconfigured, "libcurl could not make a handle: out of memory")
    }
    self.count += 1
    return EasyHandle(raw: raw)
  }

  /// Takes a handle back that is in no multi handle any more.
  mutating func give(_ easy: EasyHandle) {
    guard self.idle.count < Self.maxIdle else {
      curl_easy_cleanup(easy.raw)
      self.count -= 1
      return
    }
    curl_easy_reset(easy.raw)
    // A reset leaves the share in place, and the share may go before the handle.
    _ = ccurl_set_pointer(easy.raw, CURLOPT_SHARE, nil)
    self.idle.append(easy)
  }

  mutating func removeAll() {
    for easy in self.idle { curl_easy_cleanup(easy.raw) }
    self.count -= self.idle.count
    self.idle.removeAll()
  }
}

/// TLS sessions, apart for each identity.
///
/// A session that is known is resumed by every connection that follows, which costs half of a whole handshake. It is
/// replaced by a newer one now and then, before servers forget it.
@NetworkActor
struct SessionShares {
  /// What a transfer takes of it.
  struct Use {
    let share: OpaquePointer
    /// The session that is known stays: this transfer's connection brings no new one.
    let keepsSession: Bool
  }

  private struct Entry {
    let share: OpaquePointer
    /// When the session is to be replaced; nil while none is known.
    var renewal: ContinuousClock.Instant?
  }

  /// Identities beyond this have no sessions to resume.
  private static let maxIdentities = 1024
  /// Servers keep sessions for hours: OpenSSL for two, Google's for a day.
  private static let lifetime = Duration.seconds(60)
  private var entries: [String: Entry] = [:]

  /// What a transfer that begins now is to use; nil: no session.
  mutating func use(for identity: String) -> Use? {
    guard let entry = self.entries[identity] ?? self.make() else { return nil }
    self.entries[identity] = entry
    guard let renewal = entry.renewal else { return Use(share: entry.share, keepsSession: false) }
    guard renewal <= .now else { return Use(share: entry.share, keepsSession: true) }
    // This one may bring a new session, nobody else meanwhile.
    self.entries[identity]?.renewal = .now + Self.lifetime
    return Use(share: entry.share, keepsSession: false)
  }

  /// A response came for `identity`, so that a session is known.
  mutating func succeeded(_ identity: String) {
    guard let entry = self.entries[identity], entry.renewal == nil else { return }
    self.entries[identity]?.renewal = .now + Self.lifetime
  }

  private func make() -> Entry? {
    guard self.entries.count < Self.maxIdentities, let raw = curl_share_init() else { return nil }
    // All on one thread, so it needs no locks; where this fails nothing is shared, which is safe.
    _ = ccurl_share_sessions(raw)
    return Entry(share: OpaquePointer(raw))
  }

  mutating func removeAll() {
    for entry in self.entries.values {
      _ = curl_share_cleanup(UnsafeMutableRawPointer(entry.share))
    }
    self.entries.removeAll()
  }
}

/// A `curl_slist` that goes with its owner.
@NetworkActor
final class StringList {
  let raw: UnsafeMutablePointer<curl_slist>

  init(_ lines: [String]) throws(HTTPClientError) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        curl_slist_free_all(list)
        throw HTTPClientError(.misconfigured, "out of memory")
      }
      list = longer
    }
    guard let list else { throw HTTPClientError(.invalidRequest, "a list without entries") }
    self.raw = list
  }

  isolated deinit { curl_slist_free_all(self.raw) }
}
