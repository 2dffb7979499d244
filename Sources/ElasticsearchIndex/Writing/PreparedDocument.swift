internal import Base64
internal import Compression
internal import JSON
internal import Search
internal import Transcripts

/// A document on its way into the cluster.
struct PreparedDocument: Sendable {
  /// Elasticsearch's own bound, which fails a whole `_bulk` when one document is over it.
  static let maxIDBytes = 512
  /// Lucene's bound for a term, which would fail the document: what is longer is no identifier.
  static let maxKeywordBytes = 32_766
  /// Of one string that is shown.
  static let maxStringBytes = 64 << 10

  let id: String
  let transcript: Transcript
  var playlists: [String]
  let hash: String

  init(_ document: IndexDocument) {
    let transcript = document.transcript
    self.id = Self.id(transcript.video.id, transcript.track.languageCode)
    self.transcript = transcript
    self.playlists = document.playlistIDs
    self.hash = Self.hash(transcript)
  }

  static func id(_ video: VideoID, _ languageCode: String) -> String {
    "\(video.text).\(languageCode)"
  }

  /// Why it can never be indexed; nil when it can.
  var reasonToReject: String? {
    guard !self.transcript.segments.isEmpty else { return "The transcript has no text." }
    guard self.transcript.segments.count <= SegmentsBlob.maxSegments else {
      return "The transcript has \(self.transcript.segments.count) segments; "
        + "\(SegmentsBlob.maxSegments) are allowed."
    }
    let bytes = self.transcript.segments.reduce(0) { $0 + $1.text.utf8.count + 16 }
    guard bytes <= SegmentsBlob.maxTranscriptBytes else {
      return "The transcript has \(bytes) bytes; \(SegmentsBlob.maxTranscriptBytes) are allowed."
    }
    guard self.id.utf8.count <= Self.maxIDBytes else {
      return "The language code has \(self.transcript.track.languageCode.utf8.count) bytes: the "
        + "document's identifier would be longer than \(Self.maxIDBytes)."
    }
    let keywords = self.playlists + [self.transcript.video.channelID]
    guard keywords.allSatisfy({ $0.utf8.count <= Self.maxKeywordBytes }) else {
      return "An identifier of the transcript is longer than \(Self.maxKeywordBytes) bytes."
    }
    let strings = [
      self.transcript.video.title, self.transcript.video.channelTitle, self.transcript.track.name,
      self.transcript.track.translatedFrom ?? "", self.transcript.selectionReason,
    ]
    guard strings.allSatisfy({ $0.utf8.count <= Self.maxStringBytes }) else {
      return "A field of the transcript is longer than \(Self.maxStringBytes) bytes."
    }
    return nil
  }

  /// Of everything but the time of fetching, why the track was chosen, and the playlists.
  static func hash(_ transcript: Transcript) -> String {
    var bytes: [UInt8] = []
    func append(_ text: String) {
      Varint.append(UInt64(text.utf8.count), to: &bytes)
      bytes.append(contentsOf: text.utf8)
    }
    for text in [
      transcript.video.id.text, transcript.video.title, transcript.video.channelID,
      transcript.video.channelTitle, transcript.track.languageCode, transcript.track.name,
      transcript.track.kind.rawValue, transcript.track.translatedFrom.map { "=\($0)" } ?? "",
    ] {
      append(text)
    }
    Varint.append(signed: transcript.video.durationMilliseconds, to: &bytes)
    Varint.append(signed: transcript.video.publishedMilliseconds ?? .min, to: &bytes)
    for segment in transcript.segments {
      Varint.append(signed: segment.startMilliseconds, to: &bytes)
      Varint.append(signed: segment.durationMilliseconds, to: &bytes)
      append(segment.text)
    }
    // Normalized by other rules, the same words are other tokens.
    let hash = ContentHash.hash(bytes, seed: UInt64(Normalizer.version))
    return String(hash, radix: 16)
  }
}

/// Makes the JSON of documents; kept from one to the next.
struct DocumentEncoder: ~Copyable {
  private var normalizer = Normalizer()
  private let compressor = ZstdCompressor(level: 1)

  /// - Parameter now: Milliseconds since 1970.
  mutating func encode(_ document: PreparedDocument, now: Int64) -> [UInt8] {
    let transcript = document.transcript
    let video = transcript.video
    let normalized = NormalizedTranscript(transcript, normalizer: &self.normalizer)
    let blob = self.compressor.compress(
      SegmentsBlob.encode(transcript.segments, normalized.offsets))
    let dated = video.publishedMilliseconds ?? transcript.fetchedMilliseconds
    let language = transcript.track.languageCode.lowercased()
    var writer = JSONWriter(reservingCapacity: normalized.text.count + blob.count * 4 / 3 + 1024)
    writer.object { writer in
      writer.member(Field.id, document.id)
      writer.member(Field.video, video.id.text)
      if !video.channelID.isEmpty { writer.member(Field.channel, video.channelID) }
      writer.key(Field.playlists)
      writer.array { writer in for playlist in document.playlists { writer.string(playlist) } }
      writer.member(Field.language, language)
      writer.key(Field.languages)
      writer.array { writer in
        for value in LanguageLookup.values(of: transcript.track.languageCode) {
          writer.string(value)
        }
      }
      writer.member(Field.kind, transcript.track.kind.rawValue)
      writer.member(Field.dated, dated)
      writer.member(Field.year, String(Self.year(ofMilliseconds: dated)))
      writer.key(Field.title)
      normalized.title.withUnsafeBufferPointer { writer.string(utf8: $0) }
      writer.key(Field.text)
      normalized.text.withUnsafeBufferPointer { writer.string(utf8: $0) }
      writer.member(Field.hash, document.hash)
      writer.member(Field.fetched, transcript.fetchedMilliseconds)
      writer.member(Field.indexed, now)
      writer.key(Field.shown)
      writer.object { writer in
        writer.member(Field.Shown.title, video.title)
        writer.member(Field.Shown.channelTitle, video.channelTitle)
        writer.member(Field.Shown.duration, video.durationMilliseconds)
        if let published = video.publishedMilliseconds {
          writer.member(Field.Shown.published, published)
        }
        writer.member(Field.Shown.language, transcript.track.languageCode)
        writer.member(Field.Shown.trackName, transcript.track.name)
        if let from = transcript.track.translatedFrom {
          writer.member(Field.Shown.translatedFrom, from)
        }
        writer.member(Field.Shown.reason, transcript.selectionReason)
      }
      writer.member(Field.segments, Base64.encode(blob))
    }
    return writer.bytes
  }

  /// In UTC, in the proleptic Gregorian calendar.
  static func year(ofMilliseconds milliseconds: Int64) -> Int64 {
    // Days since 0000-03-01: years begin in March here, so that the leap day is the last of its year.
    let days = Self.floorDivide(milliseconds, 86_400_000) + 719_468
    let era = Self.floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // From the 306th day on it is January.
    return era * 400 + yearOfEra + (dayOfYear >= 306 ? 1 : 0)
  }

  private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    a / b - (a % b < 0 ? 1 : 0)
  }
}

/// A document as it came back.
struct StoredDocument: Sendable {
  var id: String
  var transcript: Transcript
  var playlists: [String]
  var hash: String
  var content: SegmentsBlob.Content

  /// - Parameter source: `_source`, whole but for title and text.
  /// - Throws: ``SearchError/Code/corrupted``.
  init(
    _ source: JSONValue?, _ decompressor: borrowing ZstdDecompressor
  ) throws(SearchError) {
    let id = source?[Field.id]?.string ?? ""
    guard let source, let shown = source[Field.shown],
      let video = source[Field.video]?.string.flatMap({ VideoID($0) }),
      let kind = source[Field.kind]?.string.flatMap({ CaptionKind(rawValue: $0) }),
      let language = shown[Field.Shown.language]?.string,
      let fetched = source[Field.fetched]?.int64,
      let blob = source[Field.segments]?.string.flatMap({ Base64.decode($0) }),
      let content = SegmentsBlob.decode(compressed: blob, decompressor)
    else {
      throw SearchError(
        .corrupted,
        "The document \(id) in the search cluster is damaged, or something else has written it. Delete it and submit its video again."
      )
    }
    self.id = id
    self.content = content
    self.playlists = source[Field.playlists]?.elements.compactMap(\.string) ?? []
    self.hash = source[Field.hash]?.string ?? ""
    self.transcript = Transcript(
      video: Video(
        id: video, title: shown[Field.Shown.title]?.string ?? "",
        channelID: source[Field.channel]?.string ?? "",
        channelTitle: shown[Field.Shown.channelTitle]?.string ?? "",
        durationMilliseconds: shown[Field.Shown.duration]?.int64 ?? 0,
        publishedMilliseconds: shown[Field.Shown.published]?.int64),
      track: CaptionTrack(
        languageCode: language, name: shown[Field.Shown.trackName]?.string ?? "", kind: kind,
        translatedFrom: shown[Field.Shown.translatedFrom]?.string),
      segments: [], fetchedMilliseconds: fetched,
      selectionReason: shown[Field.Shown.reason]?.string ?? "")
  }

  /// With its segments.
  var whole: Transcript {
    var transcript = self.transcript
    transcript.segments = self.content.segments
    return transcript
  }
}
