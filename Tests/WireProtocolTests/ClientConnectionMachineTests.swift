internal import Testing
internal import WireProtocol

@Suite("Client's half of a connection")
struct ClientConnectionMachineTests {
  private func receive(
    _ machine: inout ClientConnectionMachine, _ kind: FrameKind, _ id: UInt32,
    _ flags: FrameFlags = [], _ payload: [UInt8] = []
  ) -> ClientConnectionMachine.OnFrame {
    let header = FrameHeader(
      payloadBytes: payload.count, streamID: StreamID(id), kind: kind, flags: flags)
    return machine.frameReceived(header, payload.span.bytes, at: .now)
  }

  @Test("Ids are odd and increase; flags tell what follows")
  func ids() {
    var machine = ClientConnectionMachine()
    #expect(machine.callBegan(.unary) == .write(StreamID(1), []))
    #expect(machine.callBegan(.serverStreaming) == .write(StreamID(3), .remoteClosed))
    #expect(
      machine.callBegan(.clientStreaming) == .write(StreamID(5), [.remoteOpen, .noData]))
    #expect(machine.callBegan(.bidirectional) == .write(StreamID(7), [.remoteOpen, .noData]))
    #expect(machine.activeStreams == 4)
  }

  @Test("After the last id the connection is used up")
  func exhausted() {
    var machine = ClientConnectionMachine(firstID: StreamID(.max))
    #expect(!machine.isExhausted && machine.room == 1)
    #expect(machine.callBegan(.unary) == .write(StreamID(.max), []))
    #expect(machine.isExhausted && machine.room == 0)
    #expect(machine.callBegan(.unary) == .exhausted)
  }

  @Test("No more calls than allowed run at a time")
  func full() {
    var machine = ClientConnectionMachine(limits: WireLimits(maxConcurrentStreams: 1))
    _ = machine.callBegan(.unary)
    #expect(machine.callBegan(.unary) == .full)
    #expect(self.receive(&machine, .response, 1) == .success(StreamID(1), []))
    #expect(machine.callBegan(.unary) == .write(StreamID(3), []))
  }

  @Test("The server may end a call before the client has half-closed")
  func serverEndsFirst() {
    var machine = ClientConnectionMachine()
    _ = machine.callBegan(.bidirectional)
    #expect(machine.messageOffered(1, on: StreamID(1)) == .write)
    #expect(
      self.receive(&machine, .data, 1, [.remoteClosed, .noData]) == .success(StreamID(1), nil))
    #expect(machine.messageOffered(1, on: StreamID(1)) == .over)
    #expect(machine.outputEnded(on: StreamID(1)) == false)
  }

  @Test("After half-closing, messages still come in")
  func halfClosed() {
    var machine = ClientConnectionMachine()
    _ = machine.callBegan(.bidirectional)
    #expect(machine.outputEnded(on: StreamID(1)) == true)
    #expect(self.receive(&machine, .data, 1, [], [4]) == .message(StreamID(1), [4]))
    #expect(self.receive(&machine, .data, 1) == .message(StreamID(1), []))
    #expect(self.receive(&machine, .data, 1, .noData) == .ignore)
    #expect(self.receive(&machine, .data, 1, .remoteClosed, [5]) == .success(StreamID(1), [5]))
  }

  @Test("What comes for a call that was given up is ignored")
  func givenUp() {
    var plain = ClientConnectionMachine()
    _ = plain.callBegan(.unary)
    #expect(plain.callGivenUp(StreamID(1)) == .cannotTell)
    #expect(plain.callGivenUp(StreamID(1)) == .nothing)
    #expect(self.receive(&plain, .response, 1) == .ignore)
    var extended = ClientConnectionMachine(dialect: .extended)
    _ = extended.callBegan(.unary)
    #expect(extended.callGivenUp(StreamID(1)) == .writeCancel)
    #expect(extended.activeStreams == 0)
  }

  @Test("Only the call that a broken frame names is harmed, and the server is told to stop it")
  func violations() {
    var machine = ClientConnectionMachine(dialect: .extended)
    _ = self.receive(&machine, .settings, 0)
    for _ in 0..<4 { _ = machine.callBegan(.unary) }
    guard
      case .violation(StreamID(1), let stream, .writeCancel) =
        self.receive(&machine, .data, 1, [], [5])
    else {
      Issue.record("Data on a unary call")
      return
    }
    #expect(stream.code == 13)
    guard
      case .failure(StreamID(3), let garbage) =
        self.receive(&machine, .response, 3, [], [0x0a, 0xff])
    else {
      Issue.record("a Response that is not protobuf")
      return
    }
    #expect(garbage.code == 13)
    let header = FrameHeader(payloadBytes: 5 << 20, streamID: StreamID(5), kind: .response)
    guard
      case .violation(StreamID(5), let size, .writeCancel) =
        machine.oversizedFrameReceived(header)
    else {
      Issue.record("a Response that is too large")
      return
    }
    #expect(size.code == 8)
    #expect(self.receive(&machine, .response, 7) == .success(StreamID(7), []))
  }
}
