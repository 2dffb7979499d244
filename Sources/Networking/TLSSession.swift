internal import COpenSSL
internal import Glibc

/// One TLS session between byte buffers. Does no I/O: the owner moves ciphertext.
///
/// What the peer sent is lent with ``feed(_:)`` and has to be used up by the calls that follow; what is to be sent to it comes out at the
/// end of ``output``, also when a call fails: then it is the alert.
@NetworkActor
final class TLSSession {
  /// What OpenSSL reads from and writes to.
  private struct Channel {
    var input: UnsafeRawBufferPointer
    let output: Unmanaged<ByteBuffer>
  }

  /// Records under one key before it is changed. RFC 8446 §5.5 allows AES-GCM 2^24.5 of full size.
  static let maxRecordsPerKey = 1 << 23
  /// The most plaintext in one record (RFC 8446 §5.1).
  static let maxRecordBytes = 16_384

  /// Ciphertext that may come without a byte for the user: four records of the largest size. What comes so are changes of keys,
  /// each of which costs this side more than the peer, and OpenSSL counts none of them.
  static let maxBarrenBytes = 1 << 16

  private let context: TLSContext
  private let ssl: OpaquePointer
  private let channel = UnsafeMutablePointer<Channel>.allocate(capacity: 1)
  private let note = VerificationNote()
  private let peer: String
  private let serverName: String?
  private var recordsUnderKey = 0
  /// Ciphertext since the last byte for the user.
  private var barrenBytes = 0
  private(set) var keyUpdates = 0
  /// See ``maxRecordsPerKey``; smaller in tests.
  var maxRecords = maxRecordsPerKey
  /// Where ciphertext for the peer is put.
  let output: ByteBuffer
  private(set) var isOpen = false

  /// - Parameters:
  ///   - serverName: What the server's certificate has to be for: a DNS name or a numeric address. Nil in servers.
  ///   - peer: Names the peer in errors.
  init(_ context: TLSContext, serverName: String?, peer: String, output: ByteBuffer)
    throws(NetworkError)
  {
    self.context = context
    self.peer = peer
    self.serverName = serverName
    self.output = output
    Self.forgetErrors()
    guard let ssl = SSL_new(context.pointer), let method = Self.method, let bio = BIO_new(method)
    else {
      self.channel.deallocate()
      throw TLSFailure.misconfigured("no TLS session could be made")
    }
    self.ssl = ssl
    self.channel.initialize(
      to: Channel(input: .init(start: nil, count: 0), output: .passUnretained(output)))
    BIO_set_data(bio, self.channel)
    BIO_set_init(bio, 1)
    // One BIO for both ways: the session takes the only reference.
    SSL_set_bio(ssl, bio, bio)
    _ = copenssl_set_note(ssl, Unmanaged.passUnretained(self.note).toOpaque())
    if context.isServer {
      SSL_set_accept_state(ssl)
    } else {
      SSL_set_connect_state(ssl)
      guard let serverName, Self.require(serverName, of: ssl) else {
        throw NetworkError(
          .misconfigured, "\"\(serverName ?? "")\" is no name that a certificate could carry")
      }
    }
  }

  isolated deinit {
    SSL_free(self.ssl)
    self.channel.deallocate()
  }

  /// Sets what the certificate is checked for. Never by the common name, and no `w*.example.com`.
  private static func require(_ name: String, of ssl: OpaquePointer) -> Bool {
    if SocketAddress(name, port: 0) != nil {
      return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
    }
    SSL_set_hostflags(
      ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    return !name.isEmpty && copenssl_set_server_name(ssl, name) == 1
      && SSL_set1_host(ssl, name) == 1
  }

  // MARK: Moving on

  /// Lends ciphertext from the peer, until it is used up by the calls that follow at once.
  func feed(_ ciphertext: UnsafeRawBufferPointer) { self.channel.pointee.input = ciphertext }

  /// Moves the handshake on; true when it is complete.
  func handshake() throws(NetworkError) -> Bool {
    Self.forgetErrors()
    let result = SSL_do_handshake(self.ssl)
    if result == 1 {
      self.isOpen = true
      return true
    }
    if SSL_get_error(self.ssl, result) == SSL_ERROR_WANT_READ { return false }
    throw self.failure("the TLS handshake")
  }

  /// Decrypts all that is there. Returns false when the peer has closed its side properly.
  ///
  /// - Throws: Also when more than ``maxBarrenBytes`` have come for nothing.
  func decrypt(into plaintext: ByteBuffer) throws(NetworkError) -> Bool {
    let before = plaintext.count
    let fed = self.channel.pointee.input.count
    let isOpen = try self.decryptAll(into: plaintext)
    self.barrenBytes = plaintext.count > before ? 0 : self.barrenBytes + fed
    guard self.barrenBytes <= Self.maxBarrenBytes else {
      throw NetworkError(.tls, "\(self.peer) sends TLS messages that carry nothing")
    }
    return isOpen
  }

  private func decryptAll(into plaintext: ByteBuffer) throws(NetworkError) -> Bool {
    Self.forgetErrors()
    while true {
      let room = plaintext.reserve(
        min(max(self.channel.pointee.input.count, 64), Self.maxRecordBytes))
      var count = 0
      if SSL_read_ex(self.ssl, room.baseAddress, room.count, &count) == 1 {
        plaintext.didWrite(count)
        // Asking once more would tell the same, for the price of a record's beginnings.
        if self.channel.pointee.input.isEmpty, SSL_pending(self.ssl) == 0 { return true }
        continue
      }
      switch SSL_get_error(self.ssl, 0) {
      case SSL_ERROR_WANT_READ: return true
      case SSL_ERROR_ZERO_RETURN: return false
      default: throw self.failure("TLS")
      }
    }
  }

  /// Encrypts `plaintext`, at most `limit` bytes of it, in records as large as they go: small messages share one.
  func encrypt(_ plaintext: ByteBuffer, limit: Int) throws(NetworkError) {
    guard !plaintext.isEmpty else { return }
    self.recordsUnderKey += 1 + min(plaintext.count, limit) / Self.maxRecordBytes
    if self.recordsUnderKey > self.maxRecords {
      self.recordsUnderKey = 0
      self.keyUpdates += 1
      SSL_key_update(self.ssl, SSL_KEY_UPDATE_NOT_REQUESTED)
    }
    Self.forgetErrors()
    var count = 0
    let bytes = plaintext.bytes
    guard SSL_write_ex(self.ssl, bytes.baseAddress, min(bytes.count, limit), &count) == 1 else {
      throw self.failure("TLS")
    }
    plaintext.consume(count)
  }

  /// Says that nothing more will be sent.
  func closeNotify() {
    // The result tells whether the peer has said it too, which does not matter.
    _ = SSL_shutdown(self.ssl)
  }

  /// Changes this side's keys now; with `asksPeer` the peer is asked to do the same. For tests of what a peer may do.
  func changeKeys(asksPeer: Bool) {
    SSL_key_update(self.ssl, asksPeer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED)
    _ = SSL_do_handshake(self.ssl)
  }

  // MARK: What was agreed

  /// The protocol both sides chose by ALPN.
  var negotiatedProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(self.ssl, &name, &count)
    guard let name, count > 0 else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  /// Whom the peer's certificate names; nil when it has shown none, or nobody checked it.
  var peerIdentity: PeerIdentity? {
    guard self.context.isMutual, SSL_get_verify_result(self.ssl) == Int(X509_V_OK),
      let certificate = SSL_get1_peer_certificate(self.ssl)
    else { return nil }
    defer { X509_free(certificate) }
    return PeerIdentity(certificate)
  }

  /// OpenSSL tells how a call went by what it finds in the thread's error queue, and others (libcurl) leave things there.
  private static func forgetErrors() {
    // Clearing an empty queue costs more than looking at it.
    if ERR_peek_error() != 0 { ERR_clear_error() }
  }

  private func failure(_ doing: String) -> NetworkError {
    TLSFailure.session(
      self.context, self.note, peer: self.peer, expected: self.serverName, doing: doing)
  }

  // MARK: The way in and out

  /// Reads from and writes to the ``Channel`` behind a BIO. Made once; nil when memory is exhausted.
  private static let method: OpaquePointer? = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers") else {
      return nil
    }
    BIO_meth_set_read_ex(method) { bio, target, room, count in
      guard let channel = TLSSession.channel(bio), let target, let count else { return 0 }
      let input = channel.pointee.input
      guard let source = input.baseAddress, !input.isEmpty else {
        BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        count.pointee = 0
        return 0
      }
      let part = min(room, input.count)
      memcpy(target, source, part)
      channel.pointee.input = UnsafeRawBufferPointer(rebasing: input[part...])
      BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      count.pointee = part
      return 1
    }
    BIO_meth_set_write_ex(method) { bio, source, length, count in
      guard let channel = TLSSession.channel(bio), let count else { return 0 }
      channel.pointee.output.takeUnretainedValue().append(
        UnsafeRawBufferPointer(start: source, count: length))
      count.pointee = length
      return 1
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    return method
  }()

  private nonisolated static func channel(_ bio: OpaquePointer?) -> UnsafeMutablePointer<Channel>? {
    BIO_get_data(bio)?.assumingMemoryBound(to: Channel.self)
  }
}
