public import Transcripts

/// Finds what was said. The contract is the same for every back end, and one conformance suite holds all of them to it.
///
/// An index has a name, and may have aliases; either is good wherever an ``IndexName`` is taken, but for
/// ``createIndex(_:)`` and ``deleteIndex(_:)``. What is asked of an index that is not there throws
/// ``SearchError/Code/noSuchIndex``; only ``write(_:to:)`` makes it. ``IndexName/default`` is always there.
///
/// Every function throws ``SearchError``, and `CancellationError` when the calling task is cancelled.
public protocol SearchIndex: Sendable {
  // MARK: Documents

  /// Writes all documents; they are durable when it returns, and found when it returns or, where a search server takes
  /// its time, after ``refresh(_:)``. Repeating a call changes nothing.
  ///
  /// Of a track that comes twice in the batch, the last one stays. A track that was fetched earlier
  /// (`fetchedMilliseconds`) than what is stored does not replace it. Playlists are added to those that are known.
  ///
  /// - Returns: One outcome for each document, in order.
  /// - Throws: ``SearchError``; then the batch counts as not written, though a part of it may have been: repeat all of it.
  func write(_ documents: [IndexDocument], to index: IndexName) async throws -> [IndexOutcome]

  /// Removes videos with all their tracks; durable when it returns. Repeating a call changes nothing.
  ///
  /// - Returns: How many documents there were.
  func remove(_ videos: [VideoID], from index: IndexName) async throws -> Int

  /// Puts videos into playlists and takes them out of others, without a new transcript. Videos that are not indexed are
  /// passed over.
  ///
  /// - Returns: How many documents changed.
  func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String], in index: IndexName
  ) async throws -> Int

  // MARK: Searching

  /// Finds a page of videos.
  func search(_ query: SearchQuery) async throws -> SearchResults

  /// Finds every place in one video.
  ///
  /// - Returns: Nil when the video (in that language) is not indexed.
  func places(_ query: PlacesQuery) async throws -> PlacesPage?

  /// Completes the last word of what somebody is typing, with words that are in the index.
  ///
  /// - Returns: Best first, at most as many as are asked for; none when nothing begins so.
  func suggestions(_ query: SuggestionsQuery) async throws -> [Suggestion]

  /// Nil when the video is not indexed. `languageCode` nil: whichever is there, manual first.
  func transcript(
    of video: VideoID, languageCode: String?, in index: IndexName
  ) async throws -> Transcript?

  /// A page of the documents as they are stored, in an order of its own.
  func documents(_ query: DocumentsQuery) async throws -> DocumentsPage

  // MARK: Indexes

  /// Makes an empty index.
  ///
  /// - Returns: False when it was there already.
  /// - Throws: ``SearchError/Code/conflict`` when an alias has the name, or there are too many indexes.
  func createIndex(_ name: IndexName) async throws -> Bool

  /// Deletes an index with all that is in it. ``IndexName/default`` is emptied instead.
  ///
  /// - Returns: False when there was none.
  /// - Throws: ``SearchError/Code/conflict`` when `name` is an alias, or aliases point to it.
  func deleteIndex(_ name: IndexName) async throws -> Bool

  /// All indexes, by name.
  func indexes() async throws -> [IndexStatistics]

  func statistics(of index: IndexName) async throws -> IndexStatistics

  /// All aliases, by name.
  func aliases() async throws -> [IndexAlias]

  /// Makes `alias` a name of `index` in one step, whatever it was a name of before; nil: takes the alias away.
  ///
  /// - Throws: ``SearchError/Code/conflict`` when an index has that name; ``SearchError/Code/noSuchIndex`` when `index`
  ///   is not an index.
  func setAlias(_ alias: IndexName, to index: IndexName?) async throws

  /// Compares all that is stored with what is found. Minutes for a large index.
  ///
  /// - Throws: ``SearchError/Code/corrupted``, saying where.
  func verify(_ index: IndexName) async throws

  /// Makes the index as small and fast as it can be. Minutes for a large index.
  func optimize(_ index: IndexName) async throws

  /// When it returns, all that was written before is found.
  func refresh(_ index: IndexName) async throws

  // MARK: Life

  /// Keeps the index in order, until it is cancelled.
  ///
  /// - Throws: ``SearchError/Code/misconfigured`` when it must not be used any more: stop then.
  func run() async throws

  /// Gives back what is held. Calls made afterwards throw ``SearchError/Code/unavailable``.
  func close() async
}

extension SearchIndex {
  /// What is said around an instant of a video.
  ///
  /// - Parameters:
  ///   - milliseconds: From the start of the video.
  ///   - before: The segments that end later than so long before the instant.
  ///   - after: The segments that begin earlier than so long after it.
  /// - Returns: Nil when the video (in that language) is not indexed.
  public func context(
    of video: VideoID, languageCode: String?, around milliseconds: Int64,
    before: Duration, after: Duration, in index: IndexName
  ) async throws -> Excerpt? {
    guard
      let transcript = try await self.transcript(of: video, languageCode: languageCode, in: index)
    else { return nil }
    return Excerpt(of: transcript, around: milliseconds, before: before, after: after)
  }
}
