internal import Compression
internal import Search
internal import Transcripts

/// A document on its way into a shard: what is needed to see whether it changed.
struct PreparedDocument: Sendable {
  let transcript: Transcript
  /// Those of the same track's earlier appearances in the batch too.
  var playlists: [String]
  /// Of all that is stored but the time of fetching, why the track was chosen, and the playlists.
  let hash: Int64
  /// Which claim to take; see ``VideoClaims``.
  let claim: UInt64
  /// Before compression.
  fileprivate let segments: [UInt8]

  init(_ document: IndexDocument) {
    var stable = document.transcript
    stable.fetchedMilliseconds = 0
    stable.selectionReason = ""
    self.transcript = document.transcript
    self.playlists = document.playlistIDs
    self.segments = DocumentCodec.encodeSegments(document.transcript.segments)
    var rest = DocumentCodec.encodeHeader(stable)
    for segment in document.transcript.segments {
      Varint.append(signed: segment.startMilliseconds, to: &rest)
    }
    // Normalized by other rules, the same words are other tokens.
    let seed = ContentHash.hash(rest, seed: UInt64(Normalizer.version))
    self.hash = Int64(bitPattern: ContentHash.hash(self.segments, seed: seed))
    self.claim = ContentHash.hash(Array(document.transcript.video.id.text.utf8))
  }

  /// What making its content takes goes by this.
  var segmentBytes: Int { self.segments.count }
  var video: String { self.transcript.video.id.text }
  var language: String { self.transcript.track.languageCode }
  /// When it was published, or else fetched.
  var dated: Int64 {
    self.transcript.video.publishedMilliseconds ?? self.transcript.fetchedMilliseconds
  }
}

/// What is written of a document that changed. Costs most of the computing: made off the storage threads.
struct DocumentContent: Sendable {
  let header: [UInt8]
  let offsets: [UInt8]
  /// Compressed.
  let segments: [UInt8]
  let title: [UInt8]
  /// Normalized, as it is indexed.
  let text: [UInt8]
  /// The same, as it is stored; see ``StoredText``.
  let storedText: [UInt8]
  let tokens: Int

  init(_ document: PreparedDocument, _ encoder: inout DocumentEncoder) {
    let normalized = NormalizedTranscript(document.transcript, normalizer: &encoder.normalizer)
    self.header = DocumentCodec.encodeHeader(document.transcript)
    self.offsets = normalized.offsets.encoded
    self.segments = encoder.compressor.compress(document.segments)
    self.title = normalized.title
    self.text = normalized.text
    self.storedText =
      StoredText.isImplied(by: document.transcript.segments)
      ? [] : encoder.compressor.compress(normalized.text, prefix: document.segments)
    self.tokens = normalized.offsets.tokenCount
  }
}

/// What making contents takes, kept from one to the next.
struct DocumentEncoder: ~Copyable {
  var normalizer = Normalizer()
  /// Of speech in segments, the higher levels leave no less than the lowest one.
  let compressor = ZstdCompressor(level: 1)
}
