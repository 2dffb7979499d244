internal import Foundation
internal import Protobuf
internal import ProtobufGenerator
internal import TestRandom
internal import Testing

@Suite("Code generator")
struct GeneratorTests {
  /// The package's own folder.
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What was committed, and how it was made.
  private static let committed: [(path: String, options: String, files: [ProtoFile])] = [
    (
      "Sources/Protobuf/Generated", "Runtime=self,Comments=false",
      [
        ProtoAny.protoFile, ProtoDuration.protoFile, ProtoEmpty.protoFile,
        ProtoFieldMask.protoFile, ProtoStruct.protoFile, ProtoTimestamp.protoFile,
        ProtoInt32Value.protoFile, ProtoDescriptorProto.protoFile,
        ProtoCompilerCodeGeneratorRequest.protoFile,
      ]
    ),
    (
      "Tests/ProtobufTests/Generated", "Visibility=internal,Comments=false",
      [EverythingFile.file]
    ),
    (
      "Tests/ProtobufClashes/Generated", "Visibility=package,Comments=false,UnknownFields=drop",
      [ClashChecks.file]
    ),
  ]

  @Test("Committed files are what the generator makes of their own descriptors", arguments: 0..<3)
  func golden(index: Int) throws {
    let (path, options, files) = Self.committed[index]
    var request = ProtoCompilerCodeGeneratorRequest()
    request.parameter = options
    request.fileToGenerate = files.map(\.name)
    request.protoFile_ = try ProtoFile.closure(of: files).map {
      try ProtoFileDescriptorProto(decoding: $0.descriptorBytes)
    }
    let response = Generator.run(request)
    #expect(response.error == nil)
    #expect(response.file.count == files.count)
    for file in response.file {
      let url = Self.root.appending(path: path).appending(path: file.name ?? "")
      let text = try String(contentsOf: url, encoding: .utf8)
      #expect(file.content == text, "\(file.name ?? ""): run proto-spec/generate")
    }
  }

  // MARK: Small schemas

  private static func request(
    _ options: String = "", package: String = "", _ change: (inout ProtoFileDescriptorProto) -> Void
  ) -> ProtoCompilerCodeGeneratorRequest {
    .with {
      $0.parameter = options
      $0.fileToGenerate = ["a.proto"]
      $0.protoFile_ = [
        .with {
          $0.name = "a.proto"
          $0.package = package
          $0.syntax = "proto3"
          change(&$0)
        }
      ]
    }
  }

  private static func message(_ name: String, _ fields: [String] = []) -> ProtoDescriptorProto {
    .with {
      $0.name = name
      $0.field = fields.enumerated().map { i, name in
        .with {
          $0.name = name
          $0.number = Int32(i) + 1
          $0.type = .string
          $0.label = .optional
        }
      }
    }
  }

  private static func text(_ request: ProtoCompilerCodeGeneratorRequest) throws -> String {
    let response = Generator.run(request)
    #expect(response.error == nil)
    return try #require(response.file.first?.content)
  }

  @Test(
    "A file that is not proto3 is refused by name, and told what helps",
    arguments: [(nil, "proto2"), ("proto2", "proto2"), ("editions", "editions")])
  func otherSyntax(syntax: String?, named: String) {
    let response = Generator.run(
      Self.request {
        $0.syntax = syntax
        $0.messageType = [Self.message("M")]
      })
    #expect(response.file.isEmpty)
    #expect(response.error?.contains("a.proto is in \(named), ") == true)
    #expect(response.error?.contains("write syntax = \"proto3\";") == true)
  }

  @Test(
    "Fields are called in Swift's manner",
    arguments: [
      ("start_ms", "startMs"), ("video_id", "videoId"), ("URL", "url"),
      ("HTTPServer", "httpServer"),
      ("_private", "`private`"), ("a__b", "aB"), ("a_1", "a1"), ("_1", "_1"), ("A_B", "aB"),
      ("class", "`class`"), ("encoded", "encoded_"), ("Name", "name"), ("x", "x"),
    ])
  func fieldNames(proto: String, swift: String) throws {
    let text = try Self.text(Self.request { $0.messageType = [Self.message("M", [proto])] })
    #expect(text.contains("  public var \(swift): String = \"\"\n"), "\(text)")
  }

  @Test(
    "Enum cases lose the enum's name, if something is left",
    arguments: [
      ("JOB_STATE_RUNNING", "running"), ("JOB_STATE_", "jobState"), ("RUNNING", "running"),
      ("JOB_STATE_IN_LINE", "inLine"), ("JOB_STATE_2D", "_2d"), ("JOB_STATE_CLASS", "`class`"),
      ("JOB_STATE_NONE", "none_"), ("jobState", "jobState"),
    ])
  func caseNames(proto: String, swift: String) throws {
    let text = try Self.text(
      Self.request {
        $0.enumType = [
          .with {
            $0.name = "JobState"
            $0.value = [
              .with {
                $0.name = proto
                $0.number = 0
              }
            ]
          }
        ]
      })
    #expect(text.contains("  case \(swift)  // = 0\n"), "\(text)")
  }

  @Test(
    "Services lose the word Service and get the package's prefix once",
    arguments: [
      ("GatewayService", "Prefix=p:Gateway", "Gateway"), ("Search", "Prefix=p:API", "APISearch"),
      ("SearchService", "", "Search"), ("Service", "", "Service"),
    ])
  func serviceNames(proto: String, options: String, base: String) throws {
    let text = try Self.text(
      Self.request(options, package: "p") { $0.service = [.with { $0.name = proto }] })
    #expect(text.contains("public protocol \(base)Service: RPCService {\n"), "\(text)")
    #expect(text.contains("public struct \(base)Client: Sendable {\n"))
    #expect(text.contains("public enum \(base)Methods {\n"))
    #expect(text.contains("static let service = \"p.\(proto)\"\n"))
    #expect(text.contains("public import Protobuf\npublic import RPC\n"))
  }

  @Test("A nested type never hides an outermost one")
  func hiding() throws {
    let request = Self.request { file in
      file.messageType = [Self.message("Outer"), Self.message("Status")]
      file.messageType[0].nestedType = [Self.message("Status"), Self.message("Outer")]
      file.messageType[0].field = [".Status", ".Outer.Status", ".Outer.Outer"].enumerated().map {
        i, type in
        .with {
          $0.name = "f\(i)"
          $0.number = Int32(i) + 1
          $0.type = .message
          $0.typeName = type
        }
      }
    }
    let text = try Self.text(request)
    #expect(text.contains("  public var f0: Status?\n"), "\(text)")
    #expect(text.contains("  public var f1: Outer.Status_?\n"))
    #expect(text.contains("  public var f2: Outer.Outer_?\n"))
    #expect(text.contains("  public struct Status_: ProtoMessage {\n"))
  }

  @Test("Comments become documentation, whatever their line breaks are")
  func comments() throws {
    let request = Self.request("") { file in
      file.messageType = [Self.message("M")]
      file.messageType[0].options = .with { $0.deprecated = true }
      file.sourceCodeInfo = .with {
        $0.location = [
          .with {
            $0.path = [4, 0]
            $0.leadingComments =
              " First.\r\n Second */ \"\"\"\r third\n\n fourth\u{2028}fatalError()\n"
          }
        ]
      }
    }
    let text = try Self.text(request)
    let expected = """
      /// First.
      /// Second */ \"\"\"
      /// third
      ///
      /// fourth
      /// fatalError()
      /// - Note: Deprecated.
      public struct M: ProtoMessage {

      """
    #expect(text.contains(expected), "\(text)")
    var without = request
    without.parameter = "Comments=false"
    #expect(!(try Self.text(without)).contains("First"))
  }

  @Test("Visibility and imports are as asked for")
  func visibility() throws {
    let package = try Self.text(
      Self.request("Visibility=package,Import=Other") {
        $0.messageType = [Self.message("M", ["a"])]
      })
    #expect(package.contains("package import Other\npackage import Protobuf\n"))
    #expect(package.contains("package struct M: ProtoMessage {\n"))
    #expect(package.contains("  package var a: String = \"\"\n"))
    let `internal` = try Self.text(
      Self.request("Visibility=internal") { $0.messageType = [Self.message("M", ["a"])] })
    #expect(`internal`.contains("internal import Protobuf\n"))
    #expect(`internal`.contains("\nstruct M: ProtoMessage {\n"))
  }

  @Test(
    "What cannot be generated is an error that protoc shows",
    arguments: [
      ("Visibility=secret", "Visibility=public, package or internal"),
      ("Prefix=a", "Prefix=proto.package:SwiftPrefix"),
      ("Prefix=a:1b", "Prefix=proto.package:SwiftPrefix"),
      ("Import=a b", "Import=Module"), ("Nonsense", "Comments=true|false"),
      ("Comments=no", "Comments"),
    ])
  func badOptions(options: String, expected: String) {
    let response = Generator.run(Self.request(options) { _ in })
    #expect(response.error?.hasPrefix("protoc-gen-verbatim-swift: unknown option '") == true)
    #expect(response.error?.contains(expected) == true, "\(response.error ?? "")")
    #expect(response.file.isEmpty)
  }

  @Test("Two things of one Swift name are an error that says how to tell them apart")
  func collisions() {
    func error(_ request: ProtoCompilerCodeGeneratorRequest) -> String? {
      Generator.run(request).error
    }
    var twoPackages = Self.request(package: "a") { $0.messageType = [Self.message("M")] }
    twoPackages.protoFile_.append(
      .with {
        $0.name = "b.proto"
        $0.package = "b"
        $0.messageType = [Self.message("M")]
      })
    #expect(
      error(twoPackages)
        == "protoc-gen-verbatim-swift: message a.M and message b.M would both be called M in Swift; "
        + "set one package apart with the option Prefix=proto.package:SwiftPrefix")
    twoPackages.parameter = "Prefix=b:B"
    #expect(error(twoPackages) == nil)

    let service = Self.request { file in
      file.messageType = [Self.message("SearchClient")]
      file.service = [.with { $0.name = "Search" }]
    }
    #expect(error(service)?.contains("message SearchClient and service Search") == true)

    let file = Self.request { $0.messageType = [Self.message("AFile")] }
    #expect(error(file)?.contains("file a.proto and message AFile") == true)
  }

  @Test("A request that does not describe what it names is an error")
  func incomplete() {
    var request = Self.request { _ in }
    request.fileToGenerate = ["b.proto"]
    #expect(Generator.run(request).error?.contains("asks for b.proto") == true)

    let field = Self.request { file in
      file.messageType = [Self.message("M", ["a"])]
      file.messageType[0].field[0].type = .message
      file.messageType[0].field[0].typeName = ".Missing"
    }
    #expect(Generator.run(field).error?.contains("message Missing is not described") == true)

    let method = Self.request { file in
      file.service = [
        .with {
          $0.name = "S";
          $0.method = [
            .with {
              $0.name = "M"; $0.inputType = ".X"
            }
          ]
        }
      ]
    }
    #expect(Generator.run(method).error?.contains("message X is not described") == true)

    var quoted = Self.request { $0.name = "a\".proto" }
    quoted.fileToGenerate = ["a\".proto"]
    #expect(Generator.run(quoted).error?.contains("cannot stand in a Swift file") == true)

    let empty = Generator.run(ProtoCompilerCodeGeneratorRequest())
    #expect(empty.error == nil && empty.file.isEmpty)
  }

  @Test("Damaged requests never crash the generator", arguments: 1...3 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let files = try ProtoFile.closure(of: [ClashChecks.file]).map {
      try ProtoFileDescriptorProto(decoding: $0.descriptorBytes)
    }
    let original = ProtoCompilerCodeGeneratorRequest.with {
      $0.fileToGenerate = ["clashes.proto"]
      $0.protoFile_ = files
    }.encoded()
    var generated = 0
    for _ in 0..<150 {
      var bytes = original
      for _ in 0...random.below(2) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      do throws(ProtoError) {
        let request = try ProtoCompilerCodeGeneratorRequest(decoding: bytes)
        generated += Generator.run(request).file.count
      } catch {
        // Refused before the generator sees it.
      }
    }
    #expect(generated > 0, "the damage tests nothing; seed \(seed)")
  }
}
