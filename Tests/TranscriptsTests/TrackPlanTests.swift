import Testing
import Transcripts

@Suite("Planning which caption tracks are fetched")
struct TrackPlanTests {
  private func plan(
    _ codes: [String], _ preference: LanguagePreference, translations: [String] = [],
    translatable: Bool = true
  ) throws -> [String] {
    let offered = codes.map { code in
      // A name after "/" makes a further track of one language.
      let parts = code.split(separator: "/")
      return OfferedTrack(
        CaptionSelectionTests.track(String(parts[0])),
        id: parts.count > 1 ? ".\(parts[0]).\(parts[1])" : code, isTranslatable: translatable)
    }
    let plan = try TrackPlan(
      among: offered, translations: translations, preference: preference)
    #expect(Set(plan.parts.map(\.track.languageCode)).count == plan.parts.count)
    return plan.parts.map { part in
      "\(part.track.languageCode)=\(codes[part.index])\(part.translateTo.map { ">\($0)" } ?? "")"
    }
  }

  @Test("One track is the rule, chosen as ever")
  func one() throws {
    #expect(try self.plan(["de", "a.en", "en"], LanguagePreference()) == ["en=en"])
    #expect(
      try self.plan(["de", "a.en"], LanguagePreference(languageCodes: ["de"])) == ["de=de"])
  }

  @Test("All tracks have codes of their own, the better kind of a language the plain one")
  func all() throws {
    let all = LanguagePreference(allTracks: true)
    #expect(
      try self.plan(["de", "a.en", "en", "en/kH2EDplw2PE"], all)
        == ["en=en", "de=de", "en-x-edplw2pe=en/kH2EDplw2PE", "en-x-auto=a.en"])
    #expect(
      try self.plan(["a.en", "en"], LanguagePreference(kinds: .automaticFirst, allTracks: true))
        == ["en=a.en", "en-x-en=en"])
    #expect(
      try self.plan(["a.en", "en", "fr"], LanguagePreference(kinds: .manualOnly, allTracks: true))
        == ["en=en", "fr=fr"])
  }

  @Test("All tracks of some languages are those, whatever their form, or the video's own")
  func allOfSome() throws {
    var some = LanguagePreference(languageCodes: ["en"], allTracks: true)
    #expect(
      try self.plan(["de", "en-GB", "a.en", "fr"], some) == ["en=a.en", "en-GB=en-GB"])
    #expect(try self.plan(["de", "fr", "a.fr"], some) == ["fr=fr"])
    some.anyLanguage = false
    #expect(throws: TrackPlan.Refusal.noTrack) { try self.plan(["de", "fr"], some) }
  }

  @Test("A translation is planned only where no track is in its language, and is marked as one")
  func translation() throws {
    let german = LanguagePreference(translateTo: "de")
    let languages = ["de", "fr"]
    #expect(try self.plan(["en"], german, translations: languages) == ["de-t-en=en>de"])
    #expect(try self.plan(["en", "a.de"], german, translations: languages) == ["de=a.de"])
    #expect(try self.plan(["en", "de-AT"], german, translations: languages) == ["de-AT=de-AT"])
    // What is asked for and exists needs none.
    #expect(
      try self.plan(
        ["en", "fr"], LanguagePreference(languageCodes: ["fr"], translateTo: "de"),
        translations: languages) == ["fr=fr"])
    #expect(
      try self.plan(
        ["en"], LanguagePreference(languageCodes: ["fr"], anyLanguage: false, translateTo: "de"),
        translations: languages) == ["de-t-en=en>de"])
    #expect(
      try self.plan(
        ["en", "a.en"], LanguagePreference(allTracks: true, translateTo: "de"),
        translations: languages) == ["en=en", "en-x-auto=a.en", "de-t-en=en>de"])
    let plan = try TrackPlan(
      among: [OfferedTrack(CaptionSelectionTests.track("a.en"), id: "a.en", isTranslatable: true)],
      translations: languages, preference: german)
    #expect(plan.parts[0].track.translatedFrom == "en" && plan.parts[0].track.kind == .automatic)
    #expect(plan.parts[0].reason.contains("machine translation of the automatic en track"))
  }

  @Test("What YouTube does not translate is refused, never passed off as translated")
  func noTranslation() throws {
    let german = LanguagePreference(translateTo: "de")
    #expect(throws: TrackPlan.Refusal.noTranslation) {
      try self.plan(["en"], german, translations: ["fr"])
    }
    #expect(throws: TrackPlan.Refusal.noTranslation) {
      try self.plan(["en"], german, translations: ["de"], translatable: false)
    }
  }

  @Test("A video with very many tracks is cut at the bound")
  func bound() throws {
    let codes = (0..<300).map { "en/track\($0)" }
    #expect(
      try self.plan(codes, LanguagePreference(allTracks: true)).count == TrackPlan.maxTracks)
  }
}
