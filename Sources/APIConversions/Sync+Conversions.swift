public import API
public import Pipeline
internal import Protobuf
internal import Transcripts

extension SyncKeptPlaylist {
  public init(_ playlist: KeptPlaylist) {
    self.init()
    self.sourceId = playlist.source.text
    self.every = playlist.every.map { every in .with { $0.seconds = every.components.seconds } }
    let options = playlist.options
    if options.languages != LanguagePreference() {
      self.languages = APILanguagePreference(options.languages)
    }
    self.indexName = options.index
    self.priority = GatewayJobPriority(options.priority)
    self.weight = Int32(clamping: options.weight)
    self.maxInFlight = Int32(clamping: options.maxInFlight ?? 0)
    self.lastJobId = playlist.lastJob?.text ?? ""
    self.runs = Int64(playlist.runs)
    self.knownVideos = Int64(playlist.knownVideos)
    self.nextRunAt = playlist.nextRunMilliseconds.map { ProtoTimestamp(milliseconds: $0) }
  }
}

extension JobOptions {
  /// Those of every run. Numbers are checked by the queue, which knows their bounds.
  public init(_ request: SyncSyncPlaylistRequest) throws {
    try self.init(
      GatewaySubmitPlaylistRequest.with {
        $0.languages = request.languages
        $0.indexName = request.indexName
        $0.priority = request.priority
        $0.weight = request.weight
        $0.maxInFlight = request.maxInFlight
      })
  }
}
