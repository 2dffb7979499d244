internal import Glibc

/// Time of processor, beside the clock's: what is measured while others use the machine too still compares.
package enum Processor {
  /// Used so far by all threads of this process.
  package static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
