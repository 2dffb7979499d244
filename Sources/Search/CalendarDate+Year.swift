extension CalendarDate {
  /// The year, in UTC, of an instant in milliseconds since 1970.
  static func year(_ milliseconds: Int64) -> Int {
    let day = milliseconds / 86_400_000 - (milliseconds % 86_400_000 < 0 ? 1 : 0)
    // Howard Hinnant's civil_from_days: years begin in March, in eras of 400 of them.
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // January and February belong to the next one.
    return Int(yearOfEra + era * 400) + (dayOfYear >= 306 ? 1 : 0)
  }
}

extension FacetField {
  /// The value of ``year`` for a document of that date: milliseconds since 1970.
  public static func year(of milliseconds: Int64) -> String {
    String(CalendarDate.year(milliseconds))
  }
}
