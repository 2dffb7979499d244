import Testing

@testable import HTTPServer

@Suite("HTTP request parser")
struct HTTPRequestParserTests {
  /// Feeds `text` in one piece, or cut at `cut`, and returns all requests.
  private func parse(
    _ text: String, cut: Int? = nil, options: HTTPServerOptions = HTTPServerOptions()
  ) throws -> [HTTPRequest] {
    var parser = HTTPRequestParser(options: options)
    let bytes = Array(text.utf8)
    var pending: [UInt8] = []
    var requests: [HTTPRequest] = []
    for piece in [bytes[..<(cut ?? bytes.count)], bytes[(cut ?? bytes.count)...]] {
      pending += piece
      feeding: while true {
        var consumed = 0
        let outcome = try pending.withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        pending.removeFirst(consumed)
        switch outcome {
        case .needsMore: break feeding
        case .expectsContinue: continue
        case .request(let request): requests.append(request)
        }
      }
    }
    return requests
  }

  static let post =
    "POST /a/b?x=1&y=%20z HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
  static let chunked =
    "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "3\r\nabc\r\n2;note=x\r\nde\r\n0\r\nTrailer: t\r\n\r\n"

  @Test(
    "A request with a length, cut at any byte, is read once and whole",
    arguments: 0...post.utf8.count)
  func lengthCutAnywhere(at cut: Int) throws {
    let requests = try self.parse(Self.post, cut: cut)
    #expect(requests.count == 1)
    #expect(requests.first?.method == "POST")
    #expect(requests.first?.path == "/a/b")
    #expect(requests.first?.queryValue("y") == " z")
    #expect(requests.first?.body == Array("hello".utf8))
  }

  @Test(
    "A chunked request, cut at any byte, is read once and whole", arguments: 0...chunked.utf8.count)
  func chunkedCutAnywhere(at cut: Int) throws {
    let requests = try self.parse(Self.chunked, cut: cut)
    #expect(requests.map(\.body) == [Array("abcde".utf8)])
  }

  @Test("Requests sent together come out in their order")
  func pipelined() throws {
    let one = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
    let requests = try self.parse(one + Self.post + Self.chunked + one)
    #expect(requests.map(\.path) == ["/1", "/a/b", "/c", "/1"])
  }

  @Test("An empty line before a request is skipped")
  func leadingEmptyLine() throws {
    #expect(try self.parse("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").count == 1)
  }

  @Test("A target with a host is reduced to its path")
  func absoluteForm() throws {
    let requests = try self.parse("GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(requests.first?.path == "/x")
    #expect(requests.first?.query == "y")
  }

  @Test("HTTP/1.0 needs no Host")
  func oldClient() throws {
    #expect(try self.parse("GET / HTTP/1.0\r\n\r\n").first?.isHTTP11 == false)
  }

  static let bad: [(String, Int)] = [
    ("GET / HTTP/1.1\nHost: h\n\nGET / HTTP/1.1\r\n\r\n", 400),  // Bare LF
    ("GET /\r\n\r\n", 400),  // No version
    ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),  // Two spaces
    ("G\u{0}T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),  // Not a token
    ("GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400),  // Not a path
    ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    ("GET / HTTX/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),  // No Host
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", 400),  // Space before the colon
    ("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400),  // Folded line
    ("GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n", 400),  // No name
    ("GET / HTTP/1.1\r\nHost: h\r\nA: \u{1}\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n", 400),  // CR alone
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n", 413),
    (
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400
    ),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\nx", 417),
  ]

  @Test("What could be read in two ways is refused", arguments: bad)
  func refuses(text: String, status: Int) {
    #expect {
      _ = try self.parse(text)
    } throws: {
      ($0 as? HTTPRequestParser.Failure)?.status == status
    }
  }

  @Test("Header fields are bounded in bytes and in number")
  func headerLimits() {
    let long = "GET / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "x", count: 20_000)
    let many =
      "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n"
    for text in [long, many] {
      #expect {
        _ = try self.parse(text)
      } throws: {
        ($0 as? HTTPRequestParser.Failure)?.status == 431
      }
    }
  }

  @Test("Percent escapes and plus signs are decoded, bad escapes stay")
  func query() {
    #expect(HTTPQuery.value("a", in: "b=1&a=%C3%A4+%41%zz") == "ä A%zz")
    #expect(HTTPQuery.value("c", in: "b=1") == nil)
    #expect(HTTPQuery.value("b", in: "b") == "")
  }
}
