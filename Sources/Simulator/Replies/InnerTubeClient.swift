/// The player a request says it is (`context.client`), and how replies to it differ.
struct InnerTubeClient: Hashable, Sendable {
  enum Kind: String, Sendable {
    case android = "ANDROID"
    case visionOS = "VISIONOS"
    case web = "WEB"
    case ios = "IOS"
    case mobileWeb = "MWEB"
    case television = "TVHTML5"
    case embedded = "WEB_EMBEDDED_PLAYER"
    case androidVR = "ANDROID_VR"
  }

  /// ANDROID players older than this get "Precondition check failed".
  static let oldestAndroidVersion = 19

  let kind: Kind
  let version: String

  /// Nil for a client that YouTube does not know.
  init?(name: String?, version: String?) {
    guard let name, let kind = Kind(rawValue: name), let version, !version.isEmpty else {
      return nil
    }
    self.kind = kind
    self.version = version
  }

  var isOutdated: Bool {
    guard self.kind == .android else { return false }
    return (Int(self.version.prefix { $0 != "." }) ?? 0) < Self.oldestAndroidVersion
  }

  /// Tracks of these players need a PO token.
  var needsToken: Bool { self.kind == .web || self.kind == .mobileWeb }
  /// `fmt=srv3` is already in the address of a track.
  var namesFormat: Bool { self.kind == .android || self.kind == .androidVR || self.kind == .ios }
  var namesAreSimpleText: Bool { self.kind == .web || self.kind == .mobileWeb }
}
