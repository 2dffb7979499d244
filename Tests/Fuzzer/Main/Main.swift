internal import CLibFuzzer
internal import FuzzTargets
internal import Glibc

/// `FUZZ_TARGET=NAME fuzzer [LIBFUZZER-OPTION]... [CORPUS]...`; `.ci/fuzz` builds and runs it.
///
/// The target is no argument, because libFuzzer starts the program anew for some things, with its own arguments only.
@main
struct Main {
  /// Set once, before the first call: a C function pointer captures nothing.
  nonisolated(unsafe) private static var target: any FuzzTarget.Type = FuzzTargets.all[0]

  static func main() {
    guard let name = getenv("FUZZ_TARGET"), let target = FuzzTargets.named(String(cString: name))
    else {
      print("usage: FUZZ_TARGET=NAME fuzzer [OPTION]... [CORPUS]...; the targets are:")
      for target in FuzzTargets.all { print("  \(target.name)") }
      exit(64)
    }
    self.target = target
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
      LLVMFuzzerRunDriver(&count, &arguments) { bytes, size in
        Main.target.run(Array(UnsafeBufferPointer(start: bytes, count: size)))
        return 0
      })
  }
}
