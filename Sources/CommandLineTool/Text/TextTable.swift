/// Rows in aligned columns; the last column takes what is left of the line.
struct TextTable {
  private static let gap = 2

  private let header: [String]
  private var rows: [[String]] = []

  init(_ header: [String]) { self.header = header }

  /// Cells are made harmless here.
  mutating func add(_ cells: [String]) { self.rows.append(cells.map(SafeText.line)) }

  /// - Parameter width: The terminal's; nil: lines may be as long as they are.
  func lines(width: Int?, style: TextStyle) -> [String] {
    let all = [self.header] + self.rows
    let widths = self.header.indices.dropLast().map { column in
      all.map { DisplayWidth.of($0[column]) }.max() ?? 0
    }
    let taken = widths.reduce(0) { $0 + $1 + Self.gap }
    return all.enumerated().map { index, cells in
      var line = ""
      for (cell, width) in zip(cells, widths) {
        line += DisplayWidth.padded(cell, to: width + Self.gap)
      }
      var last = cells.last ?? ""
      if let width, width > taken {
        last = DisplayWidth.truncated(last, to: width - taken, ellipsis: style.ellipsis)
      }
      line += last
      while line.last == " " { line.removeLast() }
      return index == 0 ? style.dim(line) : line
    }
  }
}
