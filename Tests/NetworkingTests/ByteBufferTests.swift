internal import TestRandom
import Testing

@testable import Networking

@Suite("Byte buffer", .timeLimit(.minutes(1)))
struct ByteBufferTests {
  @Test("Bytes come out as they went in, however they are cut")
  func order() {
    var generator = SystemRandomNumberGenerator()
    let seed = generator.next()
    var random = SeededRandom(seed: seed)
    let buffer = ByteBuffer()
    var model: [UInt8] = []
    var next: UInt8 = 0
    for _ in 0..<5000 {
      switch random.next() % 4 {
      case 0, 1:
        let part = (0..<Int(random.next() % 300)).map { _ -> UInt8 in
          next &+= 1
          return next
        }
        buffer.append(part)
        model += part
      case 2:
        let count = Int(random.next() % UInt64(buffer.count + 1))
        buffer.consume(count)
        model.removeFirst(count)
      default:
        let room = buffer.reserve(10)
        #expect(room.count >= 10)
        room.copyBytes(from: [1, 2, 3])
        buffer.didWrite(3)
        model += [1, 2, 3]
      }
      if Array(buffer.bytes) != model {
        Issue.record("differs from the model; seed \(seed)")
        return
      }
    }
  }

  @Test("Numbers are written in network byte order")
  func numbers() {
    let buffer = ByteBuffer()
    buffer.append(UInt32(0x0102_0304))
    buffer.append(UInt8(5))
    buffer.append(UInt16(0x0607))
    buffer.append("é")
    #expect(Array(buffer.bytes) == [1, 2, 3, 4, 5, 6, 7, 0xc3, 0xa9])
  }

  @Test("A backlog that is consumed in small steps is not moved again for each")
  func backlog() {
    let buffer = ByteBuffer()
    buffer.append([UInt8](repeating: 0, count: 1 << 20))
    // A buffer that moved its megabyte for each of these would move 200 GB; the test's time limit would tell.
    for _ in 0..<200_000 {
      buffer.consume(64)
      buffer.append([UInt8](repeating: 1, count: 64))
    }
    #expect(buffer.count == 1 << 20)
    #expect(buffer.capacity <= 4 << 20)
  }

  @Test("An empty buffer gives its memory back, one with bytes keeps it")
  func shrinking() {
    let buffer = ByteBuffer()
    #expect(buffer.capacity == 0)
    #expect(buffer.bytes.isEmpty)
    buffer.append([UInt8](repeating: 0, count: 1 << 20))
    buffer.shrink(to: 0)
    #expect(buffer.count == 1 << 20)
    buffer.clear()
    buffer.shrink(to: 4 << 20)
    #expect(buffer.capacity >= 1 << 20)
    buffer.shrink(to: 16_384)
    #expect(buffer.capacity == 0)
    buffer.append([7])
    #expect(Array(buffer.bytes) == [7])
  }
}
