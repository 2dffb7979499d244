private import CQueueFunctions
internal import RedisClient

/// The Redis Functions of the pipeline, as this build knows them.
///
/// The library's name carries the major version (`verbatim1`), so that old and new workers can run side by side.
/// Inside a major version a higher revision replaces a lower one; equal revisions with different text (a build from
/// a changed source) replace each other. Its text is that of the files in `Functions`, in the order of `CQueueFunctions`.
enum FunctionLibrary {
  static let name = "verbatim1"
  /// Raised with every released change of the functions that old workers can live with.
  static let revision = 1

  private static let template = [UInt8](
    UnsafeRawBufferPointer(start: queue_functions_text(), count: queue_functions_length()))

  /// The library's text, its version filled in.
  static let source: String = {
    let text = String(decoding: Self.template, as: UTF8.self)
    return text.replacing("@VERSION@", with: Self.version, maxReplacements: 1)
  }()

  /// `revision:hash`, as `verbatim1_version` answers it.
  static let version: String = "\(Self.revision):\(Self.hash(Self.template))"

  /// Whether a server that has `loaded` needs this build's text.
  static func mustReplace(loaded: String) -> Bool {
    guard loaded != Self.version else { return false }
    let revision = loaded.split(separator: ":").first.flatMap { Int($0) } ?? 0
    return revision <= Self.revision
  }

  /// FNV-1a, 64 bits: tells texts apart, and is no protection against anybody.
  private static func hash(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  /// Loads the library unless the server has it, or a newer one.
  static func ensure(on client: RedisClient) async throws(RedisError) {
    do throws(RedisError) {
      let loaded = try await client.send(RedisCommand("FCALL", "\(self.name)_version", "0"))
      guard Self.mustReplace(loaded: loaded.text ?? "") else { return }
    } catch {
      guard error.code == .functionMissing else { throw error }
    }
    do throws(RedisError) {
      _ = try await client.send(RedisCommand("FUNCTION", "LOAD", "REPLACE", Self.source))
    } catch {
      guard error.code == .permission else { throw error }
      throw RedisError(
        .permission,
        "This Redis user may not load the function library \(Self.name): give it +function|load, or load it once as another user."
      )
    }
  }
}
