import Networking
import Testing

@Suite("Addresses")
struct AddressTests {
  @Test(
    "An endpoint is read and written the same way",
    arguments: [
      ("localhost:7400", "localhost", 7400), ("[::1]:80", "::1", 80), (":9090", "", 9090),
      ("10.0.0.1:0", "10.0.0.1", 0), ("redis_main.internal:65535", "redis_main.internal", 65535),
      ("[fe80::1%1]:5", "fe80::1%1", 5),
    ] as [(String, String, UInt16)])
  func endpoints(text: String, host: String, port: UInt16) throws {
    let endpoint = try Endpoint(parsing: text)
    #expect(endpoint.host == host)
    #expect(endpoint.port == port)
    #expect(endpoint.description == text)
    #expect(try Endpoint(parsing: endpoint.description) == endpoint)
  }

  @Test(
    "What is no endpoint is refused with what is wrong",
    arguments: [
      ("", "the port is missing"), ("localhost", "the port is missing"),
      ("localhost:", "the port is missing"), ("[::1]", "the port is missing"),
      ("::1:80", "several colons"), ("[::1:80", "the [ has no ]"),
      ("[::1]80", "the ] must be followed by :PORT"), ("[localhost]:80", "no IPv6 address"),
      ("[127.0.0.1]:80", "no IPv6 address"), ("h:65536", "not a number from 0 to 65535"),
      ("h:-1", "not a number"), ("h:+1", "not a number"), ("h:8o", "not a number"),
      ("h/x:80", "a character that no host name has"), ("http://h:80", "several colons"),
      ("a b:80", "a character that no host name has"),
      (String(repeating: "x", count: 254) + ":80", "longer than 253 bytes"),
    ])
  func badEndpoints(text: String, why: String) {
    let error = #expect(throws: NetworkError.self) { _ = try Endpoint(parsing: text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("HOST:PORT") == true)
  }

  @Test(
    "A numeric address is read and written in its usual form",
    arguments: [
      ("127.0.0.1", "127.0.0.1:7", true), ("127.9.9.9", "127.9.9.9:7", true),
      ("10.0.0.1", "10.0.0.1:7", false), ("::1", "[::1]:7", true),
      ("2001:DB8:0:0::1", "[2001:db8::1]:7", false), ("::", "[::]:7", false),
      ("::ffff:192.0.2.1", "192.0.2.1:7", false), ("::ffff:127.0.0.1", "127.0.0.1:7", true),
      ("fe80::1%1", "[fe80::1%1]:7", false),
    ])
  func numeric(text: String, written: String, isLoopback: Bool) throws {
    let address = try #require(SocketAddress(text, port: 7))
    #expect(address.description == written)
    #expect(address.isLoopback == isLoopback)
    #expect(SocketAddress(address.host, port: 7) == address)
  }

  @Test(
    "Text that is no numeric address gives none",
    arguments: [
      "", "localhost", "1.2.3", "1.2.3.4.5", "::g", "[::1]", "fe80::1%", "fe80::1%nosuch0",
    ])
  func notNumeric(text: String) {
    #expect(SocketAddress(text, port: 7) == nil)
  }
}
