/// How the tool ends; scripts decide by it. The numbers are those of `sysexits.h` and `timeout(1)` where these have one.
package enum ExitCode: Int32, Sendable {
  case ok = 0
  /// The job has ended, but some of its videos failed, or it was cancelled.
  case endedWithFailures = 1
  /// The gateway refused: not found, not valid, not allowed.
  case refused = 2
  /// The command line, the environment or the configuration file is wrong.
  case usage = 64
  /// The gateway cannot be reached.
  case unavailable = 69
  /// The gateway has a bug.
  case internalError = 70
  /// The gateway is busy: the same command may work later.
  case tryAgain = 75
  /// The gateway did not answer in time.
  case deadline = 124
  /// Ctrl-C.
  case interrupted = 130

  /// For `--help`.
  static let table = """
    Exit codes: 0 done; 1 ended, but some videos failed or the job was cancelled; 2 the gateway refused (not found, \
    not valid, not allowed); 64 wrong use; 69 the gateway cannot be reached; 70 a bug of the gateway; 75 busy, try \
    again; 124 no answer in time; 130 interrupted.
    """
}
