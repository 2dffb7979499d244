internal import CUTF8Proc

/// Unicode normalization forms (UAX #15), by utf8proc.
///
/// Not Foundation's: that alone would put its data, some 45 MB, into every service.
enum UnicodeForms {
  /// NFKD: letters apart from their marks, compatibility forms (ﬁ, ①, ｶ, 𝐀) as what they stand for, marks in
  /// canonical order.
  static func compatibilityDecomposition(of text: String) -> String.UnicodeScalarView {
    var text = text
    let options = UTF8PROC_DECOMPOSE.rawValue | UTF8PROC_COMPAT.rawValue | UTF8PROC_STABLE.rawValue
    return text.withUTF8 { bytes in
      // No scalar becomes more for its bytes than U+FDFA: 18 from 3.
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 6 * bytes.count) { scalars in
        let count = utf8proc_decompose(
          bytes.baseAddress, bytes.count, scalars.baseAddress, scalars.count,
          utf8proc_option_t(options))
        return Self.scalars(scalars, count: count)
      }
    }
  }

  /// The canonical composition of scalars that are decomposed and in canonical order already: the last step of NFC.
  static func canonicalComposition(
    of decomposed: String.UnicodeScalarView
  ) -> String.UnicodeScalarView {
    let count = decomposed.count
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { scalars in
      for (index, scalar) in decomposed.enumerated() { scalars[index] = Int32(scalar.value) }
      let options = UTF8PROC_COMPOSE.rawValue | UTF8PROC_STABLE.rawValue
      return Self.scalars(
        scalars,
        count: utf8proc_normalize_utf32(scalars.baseAddress, count, utf8proc_option_t(options)))
    }
  }

  private static func scalars(
    _ buffer: UnsafeMutableBufferPointer<Int32>, count: Int
  ) -> String.UnicodeScalarView {
    // Its errors are text that is not UTF-8, which a String always is, and options that exclude each other.
    precondition(count >= 0, "utf8proc: \(String(cString: utf8proc_errmsg(count)))")
    precondition(count <= buffer.count, "utf8proc: \(count) scalars, room for \(buffer.count)")
    var view = String.UnicodeScalarView()
    for value in buffer[..<count] { view.append(Unicode.Scalar(UInt32(value))!) }
    return view
  }
}
