internal import Synchronization

extension TestCertificates {
  /// For the hosts of YouTube, as a simulator needs it; it is its own authority, so its file is what a client trusts.
  ///
  /// - Throws: When `openssl` fails.
  public func youTube() throws -> Pair {
    let pair = Pair(certificate: self.path("youtube.pem"), key: self.path("youtube.key"))
    try Self.isMade.withLock { isMade in
      guard !isMade else { return }
      let hosts = [
        "www.youtube.com", "m.youtube.com", "youtube.com", "youtu.be", "youtubei.googleapis.com",
        "www.googleapis.com", "consent.youtube.com", "www.google.com",
      ]
      try self.run(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "30", "-subj", "/CN=YouTube simulator", "-keyout", "youtube.key", "-out", "youtube.pem",
        // By address, the simulator's proxy is reached.
        "-addext",
        "subjectAltName=" + hosts.map { "DNS:\($0)," }.joined() + "IP:127.0.0.1"
      )
      isMade = true
    }
    return pair
  }

  /// Held while the files are made, which ``shared`` is asked for only.
  private static let isMade = Mutex(false)
}
