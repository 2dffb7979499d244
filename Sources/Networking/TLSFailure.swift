internal import COpenSSL
internal import Glibc

/// Why this side refused the peer's certificate, kept from inside of the handshake, where OpenSSL knows it.
final class VerificationNote {
  private(set) var reason: String?

  /// Called by OpenSSL's verification, on the thread of the handshake.
  static func record(_ store: OpaquePointer) {
    guard let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let note = copenssl_note(OpaquePointer(ssl))
    else { return }
    Unmanaged<VerificationNote>.fromOpaque(note).takeUnretainedValue().record(store)
  }

  private func record(_ store: OpaquePointer) {
    let code = X509_STORE_CTX_get_error(store)
    let certificate = X509_STORE_CTX_get_current_cert(store)
    let subject = certificate.map { " (\(Certificate.subject($0)))" } ?? ""
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      let date = Certificate.date(certificate.flatMap { X509_get0_notAfter($0) })
      self.reason = "it expired at \(date)\(subject); it must be renewed"
    case X509_V_ERR_CERT_NOT_YET_VALID:
      let date = Certificate.date(certificate.flatMap { X509_get0_notBefore($0) })
      self.reason = "it is valid only from \(date)\(subject); are both clocks right?"
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE:
      let issuer = certificate.map { ": it was issued by \(Certificate.issuer($0))" } ?? ""
      self.reason = "no authority trusted here has signed it\(issuer)\(subject)"
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      let names = certificate.map(Certificate.alternativeNames) ?? []
      let list = names.prefix(8).map(\.text).joined(separator: ", ")
      self.reason = "it is for \(list.isEmpty ? "no name at all" : list)\(subject)"
    case X509_V_ERR_INVALID_PURPOSE:
      self.reason = "its purpose (extended key usage) does not allow this use\(subject)"
    case X509_V_ERR_CERT_REVOKED:
      self.reason = "it was revoked\(subject)"
    default:
      self.reason = "\(String(cString: X509_verify_cert_error_string(Int(code))))\(subject)"
    }
  }
}

/// Turns OpenSSL's error queue into an error that says what to do.
enum TLSFailure {
  /// An alert's number is its error reason less this (`SSL_AD_REASON_OFFSET`).
  private static let alertOffset: Int32 = 1000

  static func misconfigured(_ what: String) -> NetworkError {
    let detail = Self.detail
    return NetworkError(.misconfigured, detail.isEmpty ? what : "\(what) [\(detail)]")
  }

  /// Why a session with `peer` failed; `doing` is "TLS handshake" or the like.
  static func session(
    _ context: TLSContext, _ note: VerificationNote, peer: String, expected: String?, doing: String
  ) -> NetworkError {
    if let reason = note.reason {
      let wanted = expected.map { ", and must be for \($0)" } ?? ""
      return NetworkError(
        .certificate, "the certificate of \(peer) was refused: \(reason)\(wanted)")
    }
    let number = ERR_peek_error()
    let reason = ERR_GET_REASON(number)
    if ERR_GET_LIB(number) == ERR_LIB_SSL {
      if reason > Self.alertOffset, let error = Self.alert(reason - Self.alertOffset, context, peer)
      {
        return error
      }
      switch reason {
      case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return NetworkError(
          .certificate, "\(peer) was refused: it showed no certificate, and one is required here")
      case SSL_R_NO_APPLICATION_PROTOCOL:
        return NetworkError(
          .tls,
          "\(peer) was refused: it offers none of the protocols spoken here (ALPN \(Self.list(context)))"
        )
      case SSL_R_WRONG_VERSION_NUMBER, SSL_R_UNKNOWN_PROTOCOL, SSL_R_RECORD_TOO_SMALL,
        SSL_R_BAD_RECORD_TYPE, SSL_R_UNEXPECTED_MESSAGE, SSL_R_BAD_PACKET_LENGTH:
        return NetworkError(
          .tls,
          "\(peer) does not speak TLS as expected; is it a port for plain text? [\(Self.detail)]")
      case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
        return NetworkError(.tls, "\(peer) sent plain HTTP to a TLS port; use https")
      case SSL_R_UNSUPPORTED_PROTOCOL:
        return NetworkError(.tls, "\(peer) does not speak TLS 1.3, which is required here")
      default: break
      }
    }
    return NetworkError(.tls, "\(doing) with \(peer) failed [\(Self.detail)]")
  }

  /// What the peer's alert means for who reads the log here.
  private static func alert(_ alert: Int32, _ context: TLSContext, _ peer: String) -> NetworkError?
  {
    let ours = "\(peer) refused our certificate"
    switch alert {
    case SSL_AD_CERTIFICATE_EXPIRED:
      return NetworkError(
        .certificate, "\(ours): it is expired or not yet valid; it must be renewed")
    case SSL_AD_UNKNOWN_CA:
      return NetworkError(.certificate, "\(ours): it does not trust the authority that signed it")
    case SSL_AD_CERTIFICATE_REQUIRED:
      return NetworkError(
        .certificate, "\(peer) requires a certificate, and none is configured here")
    case SSL_AD_CERTIFICATE_REVOKED:
      return NetworkError(.certificate, "\(ours): it was revoked")
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return NetworkError(
        .certificate,
        "\(ours): its purpose (extended key usage) or its kind does not allow this use")
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN:
      return NetworkError(
        .certificate, "\(ours): it carries a wrong name or is damaged; the log there says which")
    case SSL_AD_ACCESS_DENIED:
      return NetworkError(.certificate, "\(peer) denies access to our certificate's identity")
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return NetworkError(
        .tls, "\(peer) speaks none of the protocols offered (ALPN \(Self.list(context)))")
    case SSL_AD_PROTOCOL_VERSION:
      return NetworkError(.tls, "\(peer) does not speak TLS 1.3, which is required here")
    case SSL_AD_UNRECOGNIZED_NAME:
      return NetworkError(.tls, "\(peer) does not know the name it was asked for")
    default:
      return NetworkError(
        .tls, "\(peer) ended TLS: \(String(cString: SSL_alert_desc_string_long(alert)))")
    }
  }

  private static func list(_ context: TLSContext) -> String {
    context.protocols.isEmpty ? "none" : context.protocols.joined(separator: ", ")
  }

  /// OpenSSL's own word on the oldest error in its queue; empty when there is none.
  private static var detail: String {
    let number = ERR_peek_error()
    guard number != 0 else { return "" }
    guard let text = ERR_reason_error_string(number) else { return "error \(number)" }
    return String(cString: text)
  }
}
