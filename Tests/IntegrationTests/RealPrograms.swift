import Testing

/// All suites that run the real programs. One test at a time: each starts a cluster of its own, and what happens in the middle
/// of its work is missed on a machine that runs three of them.
@Suite("Real programs", .serialized)
enum RealPrograms {}
