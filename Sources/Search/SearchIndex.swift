public import Transcripts

/// A transcript to be indexed, with the playlists that it belongs to.
public struct IndexDocument: Hashable, Sendable {
  public var transcript: Transcript
  /// Playlists that it is known to be in; added to those already recorded.
  public var playlistIDs: [String]

  public init(transcript: Transcript, playlistIDs: [String]) {
    self.transcript = transcript
    self.playlistIDs = playlistIDs
  }
}

/// What became of one document.
public enum IndexOutcome: Hashable, Sendable {
  /// Written, and durable.
  case indexed
  /// The same content was there already.
  case unchanged
  /// This document can never be indexed; the reason is for people.
  case rejected(String)
}

/// Finds what was said. Implemented by `SQLiteIndex`; contract and conformance suite are the same for every back end.
public protocol SearchIndex: Sendable {
  /// Writes all documents; they are durable and found when it returns. Repeating a call changes nothing.
  ///
  /// Of a track that comes twice in the batch, the last one stays.
  ///
  /// - Returns: One outcome for each document, in order.
  /// - Throws: ``SearchError``; then the batch counts as not written, though a part of it may have been: repeat all of it.
  func write(_ documents: [IndexDocument]) async throws -> [IndexOutcome]
  /// Finds a page of videos.
  ///
  /// - Throws: ``SearchError``; `CancellationError` when the calling task is cancelled.
  func search(_ query: SearchQuery) async throws -> SearchResults
  /// Nil when the video is not indexed. `languageCode` nil: whichever is there, manual first.
  func transcript(of video: VideoID, languageCode: String?) async throws -> Transcript?
  func statistics() async throws -> IndexStatistics
}

/// How much is indexed.
public struct IndexStatistics: Hashable, Sendable {
  /// One for each video and track.
  public var documents: Int
  public var videos: Int
  public var sizeBytes: Int64
  /// Such as `sqlite`.
  public var backend: String
  public var shards: Int

  public init(documents: Int, videos: Int, sizeBytes: Int64, backend: String, shards: Int) {
    self.documents = documents
    self.videos = videos
    self.sizeBytes = sizeBytes
    self.backend = backend
    self.shards = shards
  }
}

/// Why the index did not do what it was asked.
public struct SearchError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// The query has no word in it, or a field is out of range: tell the caller.
    case invalidQuery
    /// The page token is not one of ours, or belongs to another query: tell the caller.
    case invalidPageToken
    /// The disk is full or read-only: nothing was written; retry later and tell an operator.
    case storageFull
    /// The file is damaged: stop, and tell an operator.
    case corrupted
    /// The set-up is wrong (folder in use elsewhere, network file system): stop, with the remedy in the message.
    case misconfigured
    /// The search took longer than is allowed: tell the caller, who may ask for rarer words.
    case timedOut
    /// Try again later.
    case unavailable
  }

  public var code: Code
  /// In words a user understands: what happened and the remedy.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }
}
