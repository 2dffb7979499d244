extension Talk {
  static let databases = Talk(
    key: "databases", language: "en", title: "What a database does when you are not looking",
    text: """
      Let me ask you a simple question: what happens when you save something? Most of us
      press a button and trust that it will still be there tomorrow. A database is the
      program that makes that trust reasonable. It has to survive a crash, a power
      failure and two people who change the same thing at the same time. Today I want to
      open the box and show you how it is done.

      The first trick is the write ahead log. Before the database touches the real data,
      it writes down what it is about to do, at the end of a file, and asks the disk to
      confirm. If the power fails in the middle, it reads the log after the restart and
      either finishes the work or undoes it. Appending to a file is fast, because
      nothing has to be moved. So the promise that your money has been transferred is
      really a promise that one line in a log has reached the disk.

      The second trick is the index. Looking for one name in ten million rows would take
      seconds if we read every row. An index is a sorted copy of one column, arranged as
      a tree with a few hundred branches at every level, so that four steps are enough.
      It is exactly what you find at the end of a thick book. Every index makes reading
      faster and writing slower, and choosing them well is half of the art.

      The third trick is the transaction. A transaction is a group of changes that
      happen completely or not at all. While it is running, nobody else can see half of
      it. Many systems do this by keeping several versions of each row, so that readers
      look at yesterday's version while a writer prepares the next one. The price is
      that old versions have to be swept away, and a database that never sweeps grows
      without end.

      Full text search turns the index around. Instead of listing the words of each
      document, it lists the documents of each word, and the positions inside them. A
      phrase is found by looking for positions that follow each other. Rare words are
      worth more than common ones when the results are ranked. That is why searching for
      an unusual word feels like magic and searching for the word and feels like
      nothing.

      What should you take home? Measure before you add an index, keep transactions
      short, and test your backup by restoring it. A backup that has never been restored
      is only a hope. Write down how long the restore takes, because one day somebody
      will stand behind you and ask. And when something is slow, ask the database for
      its plan, because it will tell you exactly what it is doing if you ask politely.
      """)
}
