/// Languages that captions can be translated to, by the names that players show.
enum TranslationLanguage {
  static let all: [(code: String, name: String)] = [
    ("af", "Afrikaans"), ("ar", "Arabic"), ("bg", "Bulgarian"), ("bn", "Bangla"),
    ("ca", "Catalan"), ("cs", "Czech"), ("da", "Danish"), ("de", "German"), ("el", "Greek"),
    ("en", "English"), ("en-GB", "English (United Kingdom)"), ("es", "Spanish"),
    ("et", "Estonian"), ("fa", "Persian"), ("fi", "Finnish"), ("fil", "Filipino"),
    ("fr", "French"), ("gu", "Gujarati"), ("hi", "Hindi"), ("hr", "Croatian"),
    ("hu", "Hungarian"), ("id", "Indonesian"), ("it", "Italian"), ("iw", "Hebrew"),
    ("ja", "Japanese"), ("ko", "Korean"), ("lt", "Lithuanian"), ("lv", "Latvian"),
    ("nl", "Dutch"), ("no", "Norwegian"), ("pl", "Polish"), ("pt", "Portuguese"),
    ("ro", "Romanian"), ("ru", "Russian"), ("sk", "Slovak"), ("sl", "Slovenian"),
    ("sv", "Swedish"), ("th", "Thai"), ("tr", "Turkish"), ("uk", "Ukrainian"),
    ("vi", "Vietnamese"), ("zh-Hans", "Chinese (Simplified)"),
    ("zh-Hant", "Chinese (Traditional)"),
  ]

  static func name(of code: String) -> String {
    self.all.first { $0.code == code }?.name ?? code
  }

  /// `translationLanguages`, encoded once: mobile players list few, the others all.
  static let fewWithRuns = Self.encode(all.filter { Self.few.contains($0.code) }, simpleText: false)
  static let allWithRuns = Self.encode(all, simpleText: false)
  static let allWithSimpleText = Self.encode(all, simpleText: true)

  private static let few: Set<String> = [
    "ar", "zh-Hant", "nl", "en", "fr", "de", "hi", "id", "it", "ja", "ko", "pt", "ru", "es", "th",
    "tr", "uk", "vi",
  ]

  private static func encode(_ list: [(code: String, name: String)], simpleText: Bool) -> [UInt8] {
    JSONTree.array(
      list.map {
        [
          "languageCode": .string($0.code),
          "languageName": simpleText ? .simpleText($0.name) : .runs($0.name),
        ]
      }
    ).encoded()
  }
}
