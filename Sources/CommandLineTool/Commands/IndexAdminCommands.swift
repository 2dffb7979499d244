internal import API
internal import Options
internal import Protobuf
internal import RPC

/// `verbatim indexes`
enum IndexesCommand: ToolCommand {
  static let declaration = Command(
    "indexes", summary: "Lists the indexes and their aliases.",
    discussion: "With --json: a ListIndexesResponse message.")

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.index.listIndexes(
      IndexListIndexesRequest(), options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
      return .ok
    }
    var table = TextTable([
      "INDEX", "VIDEOS", "DOCUMENTS", "BYTES", "BACK END", "SHARDS", "ALIASES",
    ])
    for index in answer.indexes {
      let aliases = answer.aliases.filter { $0.index == index.name }.map(\.alias)
      table.add([
        index.name, "\(index.videos)", "\(index.documents)", "\(index.sizeBytes)",
        index.backend, "\(index.shards)", aliases.joined(separator: " "),
      ])
    }
    for line in table.lines(width: context.width, style: context.style) { context.print(line) }
    return .ok
  }
}

/// `verbatim create-index NAME`
enum CreateIndexCommand: ToolCommand {
  static let name = Argument(
    "NAME", help: "Lower case letters, digits, - and _; a letter or digit first.")
  static let declaration = Command(
    "create-index", summary: "Makes an empty index.",
    discussion: "With --json: a CreateIndexResponse message.", arguments: [name])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.indexAdmin.createIndex(
      .with { $0.name = context.values[Self.name].first ?? "" }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
    } else {
      context.tell(answer.created ? "Made." : "It was there already.")
    }
    return .ok
  }
}

/// `verbatim delete-index NAME`
enum DeleteIndexCommand: ToolCommand {
  static let name = Argument("NAME", help: "The index; `default` is emptied.")
  static let yes = Option(
    "yes", parse: .boolean, default: false, help: "Deletes all that is in it, for good.")
  static let declaration = Command(
    "delete-index", summary: "Deletes an index with all that is in it.",
    discussion: "With --json: a DeleteIndexResponse message.", arguments: [name],
    groups: [OptionGroup("Deleting", [yes])])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    guard context.values[Self.yes] else {
      throw ToolError(
        .usage, "deleting an index cannot be taken back", remedy: "add --yes if it is meant")
    }
    let answer = try await context.indexAdmin.deleteIndex(
      .with { $0.name = context.values[Self.name].first ?? "" }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
    } else {
      context.tell(answer.deleted ? "Deleted." : "There was none.")
    }
    return .ok
  }
}

/// `verbatim alias ALIAS [INDEX]`
enum AliasCommand: ToolCommand {
  static let alias = Argument("ALIAS", help: "The other name.")
  static let index = Argument(
    "INDEX", minimum: 0, help: "The index that it shall mean. Without: the alias is taken away.")
  static let declaration = Command(
    "alias", summary: "Gives an index another name, or takes it away.",
    discussion: """
      Who searches by the alias has the other index from one search to the next. With --json: a SetAliasResponse message.
      """,
    arguments: [alias, index],
    examples: [Example("verbatim alias talks talks-2", "Searches of talks now go to talks-2.")])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.indexAdmin.setAlias(
      .with {
        $0.alias = context.values[Self.alias].first ?? ""
        $0.index = context.values[Self.index].first ?? ""
      }, options: context.callOptions)
    if context.isJSON { try context.print(json: answer) }
    return .ok
  }
}

/// `verbatim remove VIDEO...`
enum RemoveCommand: ToolCommand {
  static let videos = Argument("VIDEO", maximum: 1000, help: "The videos' ids or URLs.")
  static let declaration = Command(
    "remove", summary: "Removes videos from an index.",
    discussion: "With --json: a RemoveVideosResponse message.", arguments: [videos],
    groups: [OptionGroup("Removing", [IndexOptions.index])])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let ids = try context.values[Self.videos].map { try IndexOptions.video($0) }
    let answer = try await context.indexAdmin.removeVideos(
      .with {
        $0.index = context.values[IndexOptions.index]
        $0.videoIds = ids
      }, options: context.callOptions)
    if context.isJSON {
      try context.print(json: answer)
    } else {
      context.tell("\(NumberText.counted(answer.documents, "transcript")) removed.")
    }
    return .ok
  }
}

/// `verbatim verify`
enum VerifyCommand: ToolCommand {
  static let declaration = Command(
    "verify", summary: "Compares all that an index stores with what it finds.",
    discussion: """
      Minutes for a large index, while new videos wait; at most an hour. Exit code 0: it is as it should be. With --json: a \
      VerifyIndexResponse message.
      """,
    groups: [OptionGroup("Index", [IndexOptions.index])])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.indexAdmin.verifyIndex(
      .with { $0.index = context.values[IndexOptions.index] },
      options: RPCOptions(timeout: Maintenance.timeout))
    if context.isJSON {
      try context.print(json: answer)
    } else {
      context.print("All is as it should be.")
    }
    return .ok
  }
}

/// `verbatim optimize`
enum OptimizeCommand: ToolCommand {
  static let declaration = Command(
    "optimize", summary: "Makes an index as small and fast as it can be.",
    discussion: """
      Minutes for a large index, while new videos wait; at most an hour. With --json: an OptimizeIndexResponse message.
      """,
    groups: [OptionGroup("Index", [IndexOptions.index])])

  static let notFoundRemedy = IndexOptions.notFoundRemedy

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let answer = try await context.indexAdmin.optimizeIndex(
      .with { $0.index = context.values[IndexOptions.index] },
      options: RPCOptions(timeout: Maintenance.timeout))
    if context.isJSON {
      try context.print(json: answer)
    } else {
      context.print("Done: \(answer.sizeBytes) bytes.")
    }
    return .ok
  }
}

private enum Maintenance {
  /// As the gateway allows.
  static let timeout = Duration.seconds(3600)
}
