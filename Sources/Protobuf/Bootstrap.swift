extension ProtoMessage { public static var protoFile: ProtoFile { ProtoFile(name: "", dependencies: [], base64: "") } }
