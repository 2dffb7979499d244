/// Where the tool writes.
package struct Console: Sendable {
  /// One of the two outputs of a process.
  package struct Output: Sendable {
    /// Writes a text as it is.
    package let write: @Sendable (String) -> Void
    /// Whether a person looks at it.
    package let isTerminal: Bool
    /// How wide that is; asked again for every line, since windows change.
    package let columns: @Sendable () -> Int

    /// An output of your own, for tests.
    package init(
      isTerminal: Bool, columns: @escaping @Sendable () -> Int,
      write: @escaping @Sendable (String) -> Void
    ) {
      self.write = write
      self.isTerminal = isTerminal
      self.columns = columns
    }

    func line(_ text: String) { self.write(text + "\n") }
  }

  /// Results.
  package let output: Output
  /// Progress, hints and errors.
  package let errors: Output

  package init(output: Output, errors: Output) {
    self.output = output
    self.errors = errors
  }
}
