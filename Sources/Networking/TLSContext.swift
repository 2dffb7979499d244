internal import COpenSSL
internal import Glibc

/// Certificates and rules shared by the sessions of one server or client. TLS 1.3 only.
///
/// Immutable once made; to reload certificates, make another and put it in the place of the old one: sessions keep theirs.
public final class TLSContext: @unchecked Sendable {
  // Safety: `pointer` is changed only in `init`; OpenSSL allows sessions to be made from it on several threads.

  /// An ALPN name has 1 to 255 bytes (RFC 7301 §3.1).
  public static let maxProtocolBytes = 255
  /// AES-128 first, as Go and BoringSSL do: nobody breaks either, and it takes a third less time.
  static let cipherSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

  /// For key exchange, the best first. OpenSSL's own list has finite fields of 8192 bits too, a way to keep a server
  /// busy. The first list is for OpenSSL 3.5 and newer, which knows the hybrid that a quantum computer does not break.
  static let groupLists = ["X25519MLKEM768:X25519:P-256:P-384", "X25519:P-256:P-384"]

  let pointer: OpaquePointer
  public let isServer: Bool
  /// Names for ALPN, the preferred first.
  public let protocols: [String]
  /// Whether the peer is asked for a certificate.
  public let isMutual: Bool
  /// Whether it is refused without.
  public let requiresCertificate: Bool
  /// Whether there is a certificate to show.
  public let hasCertificate: Bool
  /// When the own certificate expires, since 1970 (UTC); nil without one.
  public let certificateNotAfter: Duration?
  /// The file of authorities, for messages.
  let authority: String?
  /// `protocols` as they stand in the handshake: each behind its length.
  private let protocolList: UnsafeMutableBufferPointer<UInt8>

  /// Rules for a server.
  ///
  /// - Parameters:
  ///   - certificate: PEM file: the certificate, then those between it and the authority.
  ///   - key: PEM file of its key, not encrypted.
  ///   - clientAuthority: PEM file of the authorities that clients' certificates come from. Nil: clients are not asked for one.
  ///   - requiresCertificate: Whether a client that shows none is refused. False: it is served without a ``Stream/peerIdentity``; one that it
  ///     shows must be good all the same.
  ///   - protocols: For ALPN. The first of them that the client offers is used. A client that offers only others is refused; one
  ///     that offers none is served without (``Stream/negotiatedProtocol`` is nil).
  /// - Throws: ``NetworkError`` (`misconfigured`), naming the file.
  public static func server(
    certificate: String, key: String, clientAuthority: String?, requiresCertificate: Bool = true,
    protocols: [String] = []
  ) throws(NetworkError) -> TLSContext {
    try TLSContext(
      isServer: true, authority: clientAuthority, certificate: certificate, key: key,
      requiresCertificate: requiresCertificate, protocols: protocols)
  }

  /// Rules for a client. The server's certificate is always checked.
  ///
  /// - Parameters:
  ///   - authority: PEM file of the authorities that servers' certificates come from. Nil: those of the system.
  ///   - certificate: PEM file to show to servers that ask, then those between it and the authority. Nil: none.
  ///   - key: PEM file of its key, not encrypted; given with `certificate` and only then.
  ///   - protocols: Offered to the server by ALPN.
  /// - Throws: ``NetworkError`` (`misconfigured`), naming the file.
  public static func client(
    authority: String?, certificate: String?, key: String?, protocols: [String] = []
  ) throws(NetworkError) -> TLSContext {
    try TLSContext(
      isServer: false, authority: authority, certificate: certificate, key: key,
      requiresCertificate: true, protocols: protocols)
  }

  private init(
    isServer: Bool, authority: String?, certificate: String?, key: String?,
    requiresCertificate: Bool, protocols: [String]
  ) throws(NetworkError) {
    guard protocols.allSatisfy({ (1...Self.maxProtocolBytes).contains($0.utf8.count) }) else {
      throw NetworkError(
        .misconfigured, "an ALPN protocol name must have 1 to \(Self.maxProtocolBytes) bytes")
    }
    guard (certificate == nil) == (key == nil) else {
      throw NetworkError(
        .misconfigured,
        "a certificate and its key are given together: \(certificate ?? key ?? "") is alone")
    }
    guard let pointer = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
      throw TLSFailure.misconfigured("OpenSSL cannot be used")
    }
    // From here on `deinit` frees what was made, also when something throws.
    self.pointer = pointer
    self.isServer = isServer
    self.protocols = protocols
    self.isMutual = !isServer || authority != nil
    self.requiresCertificate = requiresCertificate
    self.authority = authority
    self.hasCertificate = certificate != nil
    let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    self.protocolList = .allocate(capacity: list.count)
    _ = self.protocolList.initialize(from: list)
    if let certificate, let key {
      self.certificateNotAfter = try Self.load(certificate, key, into: pointer)
    } else {
      self.certificateNotAfter = nil
    }
    guard copenssl_require_tls13(pointer) == 1,
      SSL_CTX_set_ciphersuites(pointer, Self.cipherSuites) == 1,
      Self.groupLists.contains(where: { copenssl_set_groups(pointer, $0) == 1 })
    else { throw TLSFailure.misconfigured("OpenSSL does not know TLS 1.3") }
    // A list that is not known leaves errors behind.
    ERR_clear_error()
    _ = copenssl_set_safe_options(pointer)
    // Buffers of idle sessions are given back. Sessions may write from moving memory.
    _ = copenssl_set_mode(
      pointer, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS))
    _ = copenssl_disable_session_cache(pointer)
    if isServer {
      // A ticket lets a client come back without showing its certificate again, which would outlive a change of the
      // authority: only for servers that ask for none.
      SSL_CTX_set_num_tickets(pointer, authority == nil ? 1 : 0)
    }
    try self.setVerification()
    try self.setProtocols()
  }

  deinit {
    SSL_CTX_free(self.pointer)
    self.protocolList.deallocate()
  }

  // MARK: Files

  private static func load(
    _ certificate: String, _ key: String, into context: OpaquePointer
  ) throws(NetworkError) -> Duration {
    try Self.requireReadable(certificate, "certificate")
    try Self.requireReadable(key, "key")
    ERR_clear_error()
    guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw TLSFailure.misconfigured(
        "the file \(certificate) holds no usable certificate in PEM form")
    }
    // Without this OpenSSL would ask at the terminal.
    SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
      let reason = ERR_GET_REASON(ERR_peek_last_error())
      if reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH {
        throw TLSFailure.misconfigured(
          "the key in \(key) does not belong to the certificate in \(certificate)")
      }
      throw TLSFailure.misconfigured(
        "the file \(key) holds no usable private key in PEM form (it must not be encrypted)")
    }
    guard SSL_CTX_check_private_key(context) == 1 else {
      throw TLSFailure.misconfigured(
        "the key in \(key) does not belong to the certificate in \(certificate)")
    }
    guard let own = SSL_CTX_get0_certificate(context) else { return .zero }
    return .seconds(Certificate.seconds(X509_get0_notAfter(own)))
  }

  /// OpenSSL's own errors about files name neither the file nor the reason well.
  private static func requireReadable(_ path: String, _ what: String) throws(NetworkError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw NetworkError(
        .misconfigured,
        "the \(what) file \(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    Glibc.close(descriptor)
  }

  // MARK: Rules

  private func setVerification() throws(NetworkError) {
    if let authority {
      try Self.requireReadable(authority, "authority")
      ERR_clear_error()
      guard SSL_CTX_load_verify_locations(self.pointer, authority, nil) == 1 else {
        throw TLSFailure.misconfigured("the file \(authority) holds no certificate in PEM form")
      }
      // Tells clients with several certificates which to show.
      if self.isServer {
        SSL_CTX_set_client_CA_list(self.pointer, SSL_load_client_CA_file(authority))
      }
    } else if !self.isServer {
      guard SSL_CTX_set_default_verify_paths(self.pointer) == 1 else {
        throw TLSFailure.misconfigured("the system's certificate authorities cannot be read")
      }
    }
    guard self.isMutual else {
      SSL_CTX_set_verify(self.pointer, SSL_VERIFY_NONE, nil)
      return
    }
    let mode =
      SSL_VERIFY_PEER
      | (self.isServer && self.requiresCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0)
    SSL_CTX_set_verify(self.pointer, mode) { isGood, store in
      // Called inside of a handshake. The verdict stays OpenSSL's; this keeps what it was about.
      if isGood != 1, let store { VerificationNote.record(store) }
      return isGood
    }
  }

  private func setProtocols() throws(NetworkError) {
    guard !self.protocols.isEmpty else { return }
    guard !self.isServer else {
      // Safety: `self` outlives every handshake, each session holds it.
      let me = Unmanaged.passUnretained(self).toOpaque()
      SSL_CTX_set_alpn_select_cb(
        self.pointer,
        { _, chosen, chosenCount, offered, offeredCount, context in
          guard let chosen, let context else { return SSL_TLSEXT_ERR_ALERT_FATAL }
          let list = Unmanaged<TLSContext>.fromOpaque(context).takeUnretainedValue().protocolList
          var name: UnsafeMutablePointer<UInt8>?
          let result = SSL_select_next_proto(
            &name, chosenCount, list.baseAddress, UInt32(list.count), offered, offeredCount)
          guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
          chosen.pointee = UnsafePointer(name)
          return SSL_TLSEXT_ERR_OK
        }, me)
      return
    }
    // Returns 0 when it worked, unlike its neighbours.
    guard
      SSL_CTX_set_alpn_protos(
        self.pointer, self.protocolList.baseAddress, UInt32(self.protocolList.count)) == 0
    else { throw TLSFailure.misconfigured("the ALPN names cannot be used") }
  }
}
