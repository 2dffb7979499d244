internal import JSON
internal import RPC
internal import Telemetry

/// Spans as OTLP has them in JSON: ids in hex, 64-bit numbers as text, enums as numbers.
enum OTLPSpans {
  /// An `ExportTraceServiceRequest`.
  static func json(_ spans: [RPCSpan], resource: [(key: String, value: String)]) -> [UInt8] {
    // Spans know when they began by a clock that has no date.
    let (now, date) = (ContinuousClock.now, Timestamp.nowMilliseconds() * 1_000_000)
    var writer = JSONWriter(reservingCapacity: 512 * spans.count)
    writer.object { writer in
      writer.key("resourceSpans")
      writer.array { writer in
        writer.object { writer in
          writer.key("resource")
          writer.object { writer in
            writer.key("attributes")
            writer.array { writer in
              for (key, value) in resource { Self.attribute(key, text: value, &writer) }
            }
          }
          writer.key("scopeSpans")
          writer.array { writer in
            writer.object { writer in
              writer.key("scope")
              writer.object { writer in
                writer.key("name")
                writer.string("verbatim.rpc")
              }
              writer.key("spans")
              writer.array { writer in
                for span in spans {
                  let begin = date - Self.nanoseconds(now - span.start)
                  Self.write(span, begin, &writer)
                }
              }
            }
          }
        }
      }
    }
    return writer.bytes
  }

  private static func write(_ span: RPCSpan, _ begin: Int64, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("traceId")
      writer.string(span.trace.traceIDText)
      writer.key("spanId")
      writer.string(span.trace.spanIDText)
      if let parent = span.parentSpanID {
        writer.key("parentSpanId")
        let digits = String(parent, radix: 16)
        writer.string(String(repeating: "0", count: 16 - digits.count) + digits)
      }
      writer.key("name")
      writer.string(span.method.description)
      writer.key("kind")
      writer.integer(span.kind == .server ? 2 : 3)
      writer.key("startTimeUnixNano")
      writer.string(String(begin))
      writer.key("endTimeUnixNano")
      writer.string(String(begin + Self.nanoseconds(span.duration)))
      writer.key("attributes")
      writer.array { writer in
        Self.attribute("rpc.system", text: "ttrpc", &writer)
        Self.attribute("rpc.service", text: span.method.service, &writer)
        Self.attribute("rpc.method", text: span.method.name, &writer)
        Self.attribute("rpc.response.status_code", text: span.code.name, &writer)
      }
      writer.key("status")
      writer.object { writer in
        // STATUS_CODE_ERROR; what ended well says nothing.
        if span.code != .ok {
          writer.key("code")
          writer.integer(2)
        }
      }
    }
  }

  private static func attribute(_ key: String, text: String, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("key")
      writer.string(key)
      writer.key("value")
      writer.object { writer in
        writer.key("stringValue")
        writer.string(text)
      }
    }
  }

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
