internal import Telemetry
internal import Testing

@Suite("Metrics")
struct MetricsTests {
  private func text(_ registry: MetricsRegistry) -> [Substring] {
    String(decoding: registry.render(), as: UTF8.self).split(separator: "\n")
  }

  @Test("Counters and gauges are rendered with help and type")
  func simple() {
    let registry = MetricsRegistry()
    let counter = registry.counter("verbatim_tests_total", help: "Tests \\ run.\nAll of them.")
    counter.add()
    counter.add(2)
    registry.gauge("verbatim_level", help: "Level.").set(-1.5)
    let lines = self.text(registry)
    #expect(lines.contains("# HELP verbatim_tests_total Tests \\\\ run.\\nAll of them."))
    #expect(lines.contains("# TYPE verbatim_tests_total counter"))
    #expect(lines.contains("verbatim_tests_total 3"))
    #expect(lines.contains("# TYPE verbatim_level gauge"))
    #expect(lines.contains("verbatim_level -1.5"))
  }

  @Test("A histogram's buckets are cumulative and end with all")
  func histogram() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("verbatim_wait_seconds", help: "Wait.", buckets: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 3] { histogram.observe(value) }
    let lines = self.text(registry)
    #expect(lines.contains("verbatim_wait_seconds_bucket{le=\"0.1\"} 2"))
    #expect(lines.contains("verbatim_wait_seconds_bucket{le=\"1\"} 3"))
    #expect(lines.contains("verbatim_wait_seconds_bucket{le=\"+Inf\"} 4"))
    #expect(lines.contains("verbatim_wait_seconds_count 4"))
  }
}
