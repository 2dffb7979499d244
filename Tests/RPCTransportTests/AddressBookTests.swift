internal import Networking
@testable internal import RPCTransport
internal import Testing

@Suite("Address book of a client")
struct AddressBookTests {
  private static let backoff = Backoff(
    first: .milliseconds(100), longest: .seconds(1), factor: 2, jitter: 0)
  private static let now = ContinuousClock.now

  private static func address(_ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress("127.0.0.1", port: port))
  }

  /// A book that knows these ports.
  private static func book(_ ports: UInt16...) throws -> AddressBook {
    var book = AddressBook(backoff: Self.backoff)
    _ = book.resolved(try ports.map(Self.address))
    return book
  }

  @Test("All addresses are connected to when a call wants one, each once")
  func wanted() throws {
    var book = try Self.book(1, 2)
    #expect(book.wanted(at: Self.now) == [try Self.address(1), try Self.address(2)])
    #expect(book.isConnecting)
    #expect(book.wanted(at: Self.now).isEmpty)
    #expect(book.connected(try Self.address(1)) == true)
    #expect(book.ready.count == 1 && book.isConnecting)
    #expect(book.wanted(at: Self.now).isEmpty)
  }

  @Test("Ready addresses keep the order of all addresses")
  func ready() throws {
    var book = try Self.book(1, 2, 3)
    _ = book.wanted(at: Self.now)
    for port: UInt16 in [3, 1, 2] { _ = book.connected(try Self.address(port)) }
    #expect(book.ready.map(\.port) == [1, 2, 3])
    book.lost(try Self.address(2))
    #expect(book.ready.map(\.port) == [1, 3])
  }

  @Test("Connections are taken in turn, and unusable ones passed over")
  func roundRobin() {
    var turns = RoundRobin()
    let taken = (0..<5).map { _ in turns.next(of: [1, 2, 3]) { _ in true } }
    #expect(taken == [1, 2, 3, 1, 2])
    #expect(turns.next(of: [1, 2, 3]) { $0 != 3 } == 1)
    #expect(turns.next(of: [1, 2, 3]) { _ in false } == nil)
    #expect(turns.next(of: [7]) { _ in true } == 7)
    #expect(turns.next(of: []) { (_: Int) in true } == nil)
  }

  @Test("An address that fails rests longer each time, until it has worked")
  func rests() throws {
    var book = try Self.book(1)
    let address = try Self.address(1)
    for pause in [100, 200, 400, 800, 1000, 1000] {
      #expect(book.wanted(at: Self.now + .seconds(100)) == [address])
      book.failed(address, at: Self.now, random: 0.5)
      #expect(book.nextAttempt == Self.now + .milliseconds(pause))
      #expect(book.wanted(at: Self.now + .milliseconds(pause - 1)).isEmpty)
    }
    #expect(book.wanted(at: Self.now + .seconds(100)) == [address])
    _ = book.connected(address)
    book.worked(address)
    book.failed(address, at: Self.now, random: 0.5)
    #expect(book.nextAttempt == Self.now + .milliseconds(100))
  }

  @Test("A connection that had worked is opened again without a pause")
  func lost() throws {
    var book = try Self.book(1)
    _ = book.wanted(at: Self.now)
    _ = book.connected(try Self.address(1))
    book.lost(try Self.address(1))
    #expect(book.ready.isEmpty && !book.isConnecting)
    #expect(book.wanted(at: Self.now) == [try Self.address(1)])
  }

  @Test("Addresses come and go with each look-up")
  func resolved() throws {
    var book = try Self.book(1, 2)
    _ = book.wanted(at: Self.now)
    _ = book.connected(try Self.address(1))
    let gone = book.resolved([try Self.address(2), try Self.address(3)])
    #expect(gone == [try Self.address(1)])
    #expect(book.ready.isEmpty)
    #expect(book.wanted(at: Self.now) == [try Self.address(3)])
    #expect(book.connected(try Self.address(1)) == false, "it came too late")
    book.failed(try Self.address(1), at: Self.now, random: 0)
    #expect(book.nextAttempt == nil)
  }

  @Test("Jitter makes a pause a part shorter or longer")
  func jitter() {
    let backoff = Backoff(
      first: .milliseconds(100), longest: .seconds(1), factor: 1.6, jitter: 0.2)
    #expect(backoff.pause(after: 1, random: 0) == .milliseconds(80))
    #expect(backoff.pause(after: 1, random: 1) == .milliseconds(120))
    #expect(backoff.pause(after: 1_000_000, random: 0.5) == .seconds(1))
  }

  @Test("Calls are repeated until half of the budget is gone, and again after successes")
  func retryBudget() {
    var budget = RetryBudget()
    for _ in 0..<4 { budget.failed() }
    #expect(budget.allowsRetry)
    budget.failed()
    #expect(!budget.allowsRetry)
    for _ in 0..<100 { budget.failed() }
    for _ in 0..<50 { budget.succeeded() }
    #expect(!budget.allowsRetry)
    for _ in 0..<2 { budget.succeeded() }
    #expect(budget.allowsRetry)
  }
}
