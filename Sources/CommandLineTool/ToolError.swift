internal import RPC

/// Why a command did not do what it was asked to, and what helps.
struct ToolError: Error {
  let exitCode: ExitCode
  /// What is wrong. From the gateway, so not to be trusted on a terminal: see ``SafeText``.
  let message: String
  /// What to do; empty: nothing.
  let remedy: String

  init(_ exitCode: ExitCode, _ message: String, remedy: String = "") {
    self.exitCode = exitCode
    self.message = message
    self.remedy = remedy
  }

  /// What an error of a call means for a person at a terminal.
  ///
  /// - Parameters:
  ///   - settings: Where the call went.
  ///   - notFound: What helps when what was asked for is not there.
  init(_ error: RPCError, _ settings: ConnectionSettings, notFound: String = "") {
    let (exitCode, remedy): (ExitCode, String) =
      switch error.code {
      case .notFound: (.refused, notFound)
      case .unauthenticated, .permissionDenied:
        (
          .refused,
          "show a certificate that the gateway accepts: --tls-certificate, --tls-key (deploy/certificates makes client.pem)"
        )
      case .unimplemented:
        (
          .refused,
          "what runs at \(settings.name) is another service or version: check \(settings.addressOption)"
        )
      case .invalidArgument, .alreadyExists, .failedPrecondition, .outOfRange: (.refused, "")
      case .unavailable:
        (
          .unavailable,
          "`verbatim status` tells whether the gateway answers at all; check \(settings.addressOption)"
            + (settings.tls == nil
              ? ", and leave out --plaintext if it wants TLS" : ", --tls-ca and --tls-server-name")
            + " (deploy/quickstart starts one)"
        )
      case .resourceExhausted, .aborted:
        (
          .tryAgain,
          error.retryAfter.map { "try again in \(TimeText.short($0))" } ?? "try again in a while"
        )
      case .deadlineExceeded: (.deadline, "try again, or wait longer: --timeout 1m")
      case .cancelled: (.interrupted, "")
      case .ok, .unknown, .internalError, .dataLoss:
        (.internalError, "the log of the gateway at \(settings.name) says more")
      }
    self.init(
      exitCode, error.message.isEmpty ? error.code.name : error.message, remedy: remedy)
  }
}
