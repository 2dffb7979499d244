internal import CSQLite

/// Tells network file systems, where neither SQLite's locks nor its shared memory can be trusted, from local ones.
enum FileSystemKind {
  /// The name of the network file system with this `statfs` type; nil for all others.
  ///
  /// Types are from `statfs(2)` and `linux/magic.h`. FUSE may be local, but most that is mounted with it (sshfs, s3fs,
  /// GlusterFS, a virtual machine's shared folders) is not.
  static func networkName(_ type: Int) -> String? {
    // Some are negative in a 32-bit `f_type`.
    switch UInt32(truncatingIfNeeded: type) {
    case 0x6969: "NFS"
    case 0x517B: "SMB"
    case 0xFF53_4D42, 0xFE53_4D42: "CIFS"
    case 0x5346_414F, 0x6B41_4653: "AFS"
    case 0x00C3_6400: "CephFS"
    case 0x0102_1997: "9P"
    case 0x7375_7245: "Coda"
    case 0x0116_1970: "GFS2"
    case 0x7461_636F: "OCFS2"
    case 0x0BD0_0BD0: "Lustre"
    case 0x6573_5546: "FUSE"
    case 0x1983_0326: "BeeGFS"
    case 0x4750_4653: "GPFS"
    case 0x786F_4256: "VirtualBox shared folder"
    default: nil
    }
  }

  /// The type of the file system that `path` is on; nil when it cannot be asked.
  static func type(of path: String) -> Int? {
    let type = csqlite_file_system_type(path)
    return type == -1 ? nil : type
  }
}
