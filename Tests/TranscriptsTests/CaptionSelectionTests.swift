import Testing
import Transcripts

@Suite("Choosing a caption track")
struct CaptionSelectionTests {
  static func track(_ code: String) -> CaptionTrack {
    let isAutomatic = code.hasPrefix("a.")
    return CaptionTrack(
      languageCode: isAutomatic ? String(code.dropFirst(2)) : code, name: code,
      kind: isAutomatic ? .automatic : .manual)
  }

  @Test(
    "Languages in order, exact code before related, manual before automatic",
    arguments: [
      // tracks, asked for, chosen
      (["de", "a.en", "en"], ["en"], "en"),
      (["de", "a.en"], ["en", "de"], "a.en"),
      (["de", "a.en"], ["de", "en"], "de"),
      (["en-US", "a.en"], ["en"], "a.en"),
      (["de", "en-GB"], ["en"], "en-GB"),
      (["de", "en"], ["en-US"], "en"),
      (["a.en-US", "en-GB"], ["en-AU"], "en-GB"),
      (["zh-Hans", "zh-Hant"], ["zh-TW"], "zh-Hant"),
      (["zh-Hans"], ["zh"], "zh-Hans"),
      (["iw"], ["he"], "iw"),
      (["fil"], ["tl"], "fil"),
      (["EN"], ["en"], "EN"),
      (["pt-BR", "a.pt"], ["pt-PT"], "pt-BR"),
    ])
  func order(codes: [String], asked: [String], chosen: String) throws {
    let choice = try #require(
      CaptionSelection(
        among: codes.map(Self.track),
        preference: LanguagePreference(languageCodes: asked, anyLanguage: false)))
    #expect(codes[choice.index] == chosen)
    #expect(choice.reason.contains("asked for"))
  }

  @Test("The two scripts of Chinese are not each other's replacement")
  func scripts() {
    let preference = LanguagePreference(languageCodes: ["zh-Hant"], anyLanguage: false)
    #expect(CaptionSelection(among: [Self.track("zh-Hans")], preference: preference) == nil)
  }

  @Test(
    "Without a match, the video's own language is taken where any will do",
    arguments: [
      (["ar", "a.en", "en-US", "de"], 2, "en-US"),
      (["ar", "a.en", "de"], nil, "a.en"),
      (["ar", "a.en", "en"], 1, "en"),
      (["ar", "de"], nil, "ar"),
      (["en.1", "en.2"], 1, "en.2"),
    ] as [([String], Int?, String)])
  func ownLanguage(codes: [String], defaultIndex: Int?, chosen: String) throws {
    let tracks = codes.map {
      Self.track($0.split(separator: ".").last?.first?.isNumber == true ? "en" : $0)
    }
    for asked in [[], ["xx"]] {
      let choice = try #require(
        CaptionSelection(
          among: tracks, defaultIndex: defaultIndex,
          preference: LanguagePreference(languageCodes: asked)))
      #expect(codes[choice.index] == chosen)
      #expect(choice.reason.contains("own language"))
      #expect(choice.reason.contains("not available") == !asked.isEmpty)
    }
    let strict = LanguagePreference(languageCodes: ["xx"], anyLanguage: false)
    #expect(CaptionSelection(among: tracks, defaultIndex: defaultIndex, preference: strict) == nil)
  }

  @Test("Kinds can be reversed or required")
  func kinds() {
    let tracks = ["en", "a.en"].map(Self.track)
    func choice(_ kinds: CaptionKindPreference, _ tracks: [CaptionTrack]) -> Int? {
      CaptionSelection(
        among: tracks, preference: LanguagePreference(languageCodes: ["en"], kinds: kinds))?.index
    }
    #expect(choice(.manualFirst, tracks) == 0)
    #expect(choice(.automaticFirst, tracks) == 1)
    #expect(choice(.automaticOnly, tracks) == 1)
    #expect(choice(.manualOnly, [tracks[1]]) == nil)
    #expect(choice(.automaticOnly, [tracks[0]]) == nil)
    #expect(choice(.manualFirst, []) == nil)
  }
}
