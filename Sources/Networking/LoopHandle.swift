internal import CUV

/// The memory of one libuv handle and the Swift object it reports to.
///
/// libuv may touch the memory until its close callback, so that is what frees it. The object is referred to weakly:
/// one that is let go of on another thread may be half gone when libuv reports.
@NetworkActor
struct LoopHandle<Kind> {
  let pointer: UnsafeMutablePointer<Kind>

  init(_: Kind.Type) { self.pointer = .allocate(capacity: 1) }

  private var base: UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(self.pointer).assumingMemoryBound(to: uv_handle_t.self)
  }

  /// Says whom the handle reports to. Once, after libuv has initialised it.
  func setOwner(_ owner: AnyObject) {
    self.base.pointee.data = Unmanaged.passRetained(WeakReference(owner)).toOpaque()
  }

  /// Ends the handle; it must have been initialised and have an owner.
  func close() {
    uv_close(self.base) { handle in
      guard let handle else { return }
      Unmanaged<WeakReference>.fromOpaque(handle.pointee.data).release()
      handle.deallocate()
    }
  }

  /// Frees the memory of a handle that libuv refused.
  func deallocate() { self.pointer.deallocate() }
}

/// What a handle's `data` points to.
final class WeakReference {
  private weak var object: AnyObject?

  init(_ object: AnyObject) { self.object = object }

  /// The owner behind a handle's `data`, unless it is gone.
  static func owner<Owner: AnyObject>(_ data: UnsafeMutableRawPointer?, _: Owner.Type) -> Owner? {
    guard let data else { return nil }
    let object = Unmanaged<WeakReference>.fromOpaque(data).takeUnretainedValue().object
    return object.map { unsafeDowncast($0, to: Owner.self) }
  }
}
