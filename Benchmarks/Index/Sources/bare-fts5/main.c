/* FTS5 alone: what the machine gives, beside which `index-benchmark write` is read.

     bare-fts5 TEXTS FILE [BATCH] [SQL]

   Writes the texts of `index-benchmark dump`, a transaction for each BATCH of videos (50), into a new FILE: the text in a
   table, one column of FTS5 over it, with the page size, merging and durability (WAL, synchronous=FULL) of a shard. No
   filters, no offsets, no segments, no hash, no shards. SQL is executed before the first transaction, for other settings. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void check(int status, sqlite3 *db) {
  if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW) return;
  fprintf(stderr, "bare-fts5: %s\n", sqlite3_errmsg(db));
  exit(1);
}

static void run(sqlite3 *db, const char *sql) { check(sqlite3_exec(db, sql, 0, 0, 0), db); }

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: bare-fts5 TEXTS FILE [BATCH] [SQL]\n");
    return 64;
  }
  FILE *texts = fopen(arguments[1], "r");
  if (!texts) return perror(arguments[1]), 66;
  int batch = count > 3 ? atoi(arguments[3]) : 50;
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3 *db;
  check(sqlite3_open(arguments[2], &db), db);
  run(db,
      "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
      "CREATE TABLE content(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
      "CREATE VIRTUAL TABLE f USING fts5(text, content='content', content_rowid='id', tokenize='ascii', columnsize=0);"
      "INSERT INTO f(f, rank) VALUES('automerge', 16); INSERT INTO f(f, rank) VALUES('crisismerge', 64);");
  if (count > 4) run(db, arguments[4]);
  sqlite3_stmt *content, *index;
  check(sqlite3_prepare_v2(db, "INSERT INTO content VALUES(?1, ?2)", -1, &content, 0), db);
  check(sqlite3_prepare_v2(db, "INSERT INTO f(rowid, text) VALUES(?1, ?2)", -1, &index, 0), db);
  char **lines = calloc(batch, sizeof *lines);
  size_t *sizes = calloc(batch, sizeof *sizes);
  double wall = 0, processor = 0, bytes = 0, *times = 0;
  long rows = 0, batches = 0;
  while (1) {
    int read = 0;
    for (; read < batch; read++) {
      ssize_t length = getline(&lines[read], &sizes[read], texts);
      if (length <= 0) break;
      bytes += length;
      /* The separators of the segments. */
      for (char *at = lines[read]; *at; at++)
        if (*at == '\t' || *at == '\n') *at = ' ';
    }
    if (!read) break;
    double began = seconds(CLOCK_MONOTONIC), beganProcessor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    run(db, "BEGIN IMMEDIATE");
    /* First all of the one table, then all of the other: in turns FTS5 would write a segment for each row. */
    for (int kind = 0; kind < 2; kind++)
      for (int line = 0; line < read; line++) {
        sqlite3_stmt *statement = kind ? index : content;
        sqlite3_bind_int64(statement, 1, rows + line + 1);
        sqlite3_bind_text(statement, 2, lines[line], -1, SQLITE_STATIC);
        check(sqlite3_step(statement), db);
        sqlite3_reset(statement);
      }
    run(db, "COMMIT");
    double took = seconds(CLOCK_MONOTONIC) - began;
    processor += seconds(CLOCK_PROCESS_CPUTIME_ID) - beganProcessor;
    wall += took;
    rows += read;
    times = realloc(times, (batches + 1) * sizeof *times);
    times[batches++] = took;
  }
  if (!batches) return fprintf(stderr, "bare-fts5: %s has no texts\n", arguments[1]), 65;
  qsort(times, batches, sizeof *times, compare);
  printf("FTS5 alone, batches of %d: %.0f videos/s, %.1f MB/s of text, %.0f videos per processor second; batch p50 %.1f ms, "
         "p99 %.1f ms\n",
         batch, rows / wall, bytes / 1e6 / wall, rows / processor, times[batches / 2] * 1e3,
         times[batches * 99 / 100] * 1e3);
  return 0;
}
