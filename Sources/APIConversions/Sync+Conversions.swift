public import API
public import Pipeline
internal import Protobuf
internal import Transcripts

extension SyncKeptPlaylist {
  public init(_ playlist: KeptPlaylist) {
    self.init()
    self.sourceId = playlist.source.text
    self.every = playlist.every.map { every in .with { $0.seconds = every.components.seconds } }
    if playlist.languages != LanguagePreference() {
      self.languages = APILanguagePreference(playlist.languages)
    }
    self.lastJobId = playlist.lastJob?.text ?? ""
    self.runs = Int64(playlist.runs)
    self.knownVideos = Int64(playlist.knownVideos)
    self.nextRunAt = playlist.nextRunMilliseconds.map { ProtoTimestamp(milliseconds: $0) }
  }
}
