#pragma once
#include <sqlite3.h>

// Shims for what Swift cannot import, and the FTS5 auxiliary functions of the search index.

// SQLite copies what is bound. (SQLITE_TRANSIENT is a cast of -1, which Swift does not import.)
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int count) {
  return sqlite3_bind_text(statement, index, text, count, SQLITE_TRANSIENT);
}
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  // A null pointer would bind NULL instead of an empty blob.
  return count == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}
static inline void csqlite_result_text(sqlite3_context *context, const void *text, int count) {
  sqlite3_result_text(context, (const char *)text, count, SQLITE_TRANSIENT);
}
// Extended result codes are macros with operators in them, which Swift does not import.
static inline int csqlite_readonly_dbmoved(void) { return SQLITE_READONLY_DBMOVED; }
static inline int csqlite_ioerr_corruptfs(void) { return SQLITE_IOERR_CORRUPTFS; }
static inline int csqlite_ioerr_data(void) { return SQLITE_IOERR_DATA; }
// sqlite3_config and sqlite3_db_config are variadic.
static inline int csqlite_disable_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
static inline int csqlite_set_defensive(sqlite3 *connection) {
  return sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

// What both functions are given: one blob of native doubles, this header and then one for each phrase of the query: its
// inverse document frequency; 0 for a phrase that does not score (filters, excluded words); -(p + 1) for another form of the
// word that is phrase p.
struct csqlite_ranking {
  double average_tokens;   // Mean number of tokens of a document.
  double title_weight;     // A hit in the title counts as that many in the text.
  double window_tokens;    // How close together words must be to make a moment.
  double proximity_boost;  // A document with all words in one window scores 1 + this times as much.
};

// Columns of the FTS5 table.
enum { csqlite_column_title = 0, csqlite_column_text = 1 };

// Occurrences in one document that are looked at; in a longer one, the first so many.
enum { csqlite_max_occurrences = 10000 };

// Rows whose lengths and dates are in one row of the table `facts`.
enum { csqlite_rows_per_chunk = 1024 };

// What goes with one run of `verbatim_scan` or `verbatim_dated`. It must live as long as the statement runs.
struct csqlite_scan {
  // Of the same connection: ?1 is the number of a chunk, column 0 its int32 of each row, column 1 its int64. Asking FTS5 for
  // lengths and a table for dates would be a statement for each row, more than half of the time that a common word takes.
  sqlite3_stmt *facts;
  // Documents dated at or after `dated_from` and before `dated_before`.
  sqlite3_int64 dated_from, dated_before;
  // Moments are made of documents whose score is in this range. The caller raises `least` between rows, when it has as
  // many better documents as it wants.
  double least, most;
  // The same for `verbatim_dated`, by their dates, both of them included.
  sqlite3_int64 dated_least, dated_most;
  // At most so many moments for each document.
  int moments;
  // The chunk that is in `tokens` and `dated`; start with -1.
  sqlite3_int64 chunk;
  int tokens[csqlite_rows_per_chunk];
  sqlite3_int64 dated[csqlite_rows_per_chunk];
};

// Binds `scan` as the argument of that name.
int csqlite_bind_scan(sqlite3_stmt *statement, int index, struct csqlite_scan *scan);

// Registers on this connection:
//
//   verbatim_dated(table, ranking, scan) -> INTEGER, or BLOB of a native int64 and moments; NULL outside of the scan's dates
//     The date of the document. With moments if `scan` wants them of such a date.
//   verbatim_places(table, ranking) -> BLOB of native int32
//     For each occurrence, in order, its first token and its number of tokens.
//   verbatim_scan(table, ranking, scan) -> REAL, or BLOB of a native double and moments; NULL outside of the scan's dates
//     The score: BM25 (k1 1.2, b 0.75) over all documents of all shards, as `ranking` says, times the proximity of the
//     words. With moments if `scan` wants them of such a score: they cost nothing in the row that is being looked at,
//     and a search of its own later.
//   verbatim_moments(table, ranking, count) -> BLOB of native int32
//     occurrences, windows, then for each of at most `count` windows, best first: the number of its occurrences, the
//     first and the number of those that belong to its core (the shortest run with all its phrases), then for each
//     occurrence its first token and its number of tokens. Tokens are those of the text column.
//
// No extension is loaded. Returns an SQLite result code.
int csqlite_register_functions(sqlite3 *connection);

// Two system calls that Swift's Glibc does not show, for the folder and the threads of the index.

// The `f_type` of the file system that `path` is on; -1 when it cannot be asked.
long csqlite_file_system_type(const char *path);
// Names the calling thread, for `ps -L` and debuggers; at most 15 bytes.
void csqlite_name_thread(const char *name);
