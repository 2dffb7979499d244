#include "csqlite.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

// SQLite compares the name of a pointer's type before it hands the pointer over.
static const char csqlite_scan_type[] = "verbatim_scan";

// One occurrence of a phrase in the text column.
typedef struct {
  int token;
  int phrase;
} occurrence;

// The argument of both functions, checked.
typedef struct {
  struct csqlite_ranking header;
  const double *frequencies;
  int phrases;
} ranking;

// Kept for as long as the query runs: no allocation for each row.
typedef struct {
  double *hits;          // Weighted occurrences of each phrase in this row.
  int *titled;           // For each phrase whether it is in the title.
  int *inside;           // Occurrences of each phrase inside the sliding window.
  double *window_scores; // For moments: the score of the window that begins at each occurrence.
  occurrence *found;
  int phrases;
} scratch;

static void scratch_free(void *pointer) {
  scratch *s = pointer;
  if (s == 0) return;
  sqlite3_free(s->hits);
  sqlite3_free(s->titled);
  sqlite3_free(s->inside);
  sqlite3_free(s->window_scores);
  sqlite3_free(s->found);
  sqlite3_free(s);
}

static scratch *scratch_get(const Fts5ExtensionApi *api, Fts5Context *context, int phrases) {
  scratch *s = api->xGetAuxdata(context, 0);
  if (s != 0 && s->phrases == phrases) return s;
  s = sqlite3_malloc64(sizeof *s);
  if (s == 0) return 0;
  memset(s, 0, sizeof *s);
  s->phrases = phrases;
  s->hits = sqlite3_malloc64(sizeof(double) * (phrases + 1));
  s->titled = sqlite3_malloc64(sizeof(int) * (phrases + 1));
  s->inside = sqlite3_malloc64(sizeof(int) * (phrases + 1));
  s->window_scores = sqlite3_malloc64(sizeof(double) * csqlite_max_occurrences);
  s->found = sqlite3_malloc64(sizeof(occurrence) * csqlite_max_occurrences);
  if (s->hits == 0 || s->titled == 0 || s->inside == 0 || s->window_scores == 0 ||
      s->found == 0) {
    scratch_free(s);
    return 0;
  }
  // On failure FTS5 has freed it already.
  return api->xSetAuxdata(context, s, scratch_free) == SQLITE_OK ? s : 0;
}

// The blob is ours, but a wrong one must not read outside of it.
static int ranking_get(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_value *value,
                       ranking *result) {
  int phrases = api->xPhraseCount(context);
  int bytes = sqlite3_value_bytes(value);
  const void *blob = sqlite3_value_blob(value);
  if (blob == 0 || (sqlite3_int64)bytes != (sqlite3_int64)sizeof(struct csqlite_ranking) +
                                               (sqlite3_int64)sizeof(double) * phrases) {
    return SQLITE_MISMATCH;
  }
  memcpy(&result->header, blob, sizeof result->header);
  result->frequencies = (const double *)((const char *)blob + sizeof result->header);
  result->phrases = phrases;
  return SQLITE_OK;
}

static double frequency(const ranking *r, int phrase) {
  double value;
  memcpy(&value, r->frequencies + phrase, sizeof value);
  return value;
}

// The phrase as which `phrase` scores: itself, or the one of which it is another form. Negative: it does not score.
static int leader(const ranking *r, int phrase) {
  double value = frequency(r, phrase);
  if (value > 0) return phrase;
  // Not trusted to be within bounds.
  if (value < 0 && value >= -(double)r->phrases) return (int)-value - 1;
  return -1;
}

// Counts the weighted hits of the only phrase that scores, with its other forms: no need of an order over phrases.
static int count_hits(const Fts5ExtensionApi *api, Fts5Context *context, const ranking *r,
                      scratch *s, int scored) {
  double hits = 0;
  int titled = 0;
  for (int phrase = 0; phrase < r->phrases; phrase++) {
    if (leader(r, phrase) != scored) continue;
    Fts5PhraseIter position;
    int column, token;
    int status = api->xPhraseFirst(context, phrase, &position, &column, &token);
    if (status != SQLITE_OK) return status;
    // In order of columns: first the title, then the text.
    for (; column >= 0; api->xPhraseNext(context, &position, &column, &token)) {
      if (column == csqlite_column_text) {
        hits += 1;
      } else if (column == csqlite_column_title) {
        hits += r->header.title_weight;
        titled = 1;
      } else {
        break;
      }
    }
  }
  s->hits[scored] = hits;
  s->titled[scored] = titled;
  return SQLITE_OK;
}

// Collects the occurrences in the text column, and the weighted hits of each phrase.
static int collect(const Fts5ExtensionApi *api, Fts5Context *context, const ranking *r, scratch *s,
                   int *count) {
  int instances = 0;
  int status = api->xInstCount(context, &instances);
  if (status != SQLITE_OK) return status;
  for (int p = 0; p < r->phrases; p++) s->hits[p] = s->titled[p] = 0;
  int n = 0;
  for (int i = 0; i < instances; i++) {
    int phrase, column, token;
    status = api->xInst(context, i, &phrase, &column, &token);
    if (status != SQLITE_OK) return status;
    if (phrase >= r->phrases || (phrase = leader(r, phrase)) < 0) continue;
    if (column == csqlite_column_title) {
      s->hits[phrase] += r->header.title_weight;
      s->titled[phrase] = 1;
    } else if (column == csqlite_column_text) {
      s->hits[phrase] += 1;
      if (n < csqlite_max_occurrences) s->found[n++] = (occurrence){token, phrase};
    }
  }
  *count = n;
  return SQLITE_OK;
}

// The best sum of frequencies of different phrases inside one window. With `scores`, also that of the window that
// begins at each occurrence; more occurrences break ties.
static double best_window(const ranking *r, scratch *s, int count, double *scores) {
  double best = 0, sum = 0;
  int end = 0;
  for (int p = 0; p < r->phrases; p++) s->inside[p] = 0;
  for (int i = 0; i < count; i++) {
    while (end < count && s->found[end].token - s->found[i].token < r->header.window_tokens) {
      int phrase = s->found[end++].phrase;
      if (s->inside[phrase]++ == 0) sum += frequency(r, phrase);
    }
    if (sum > best) best = sum;
    if (scores != 0) scores[i] = sum + 1e-9 * (end - i);
    int first = s->found[i].phrase;
    if (--s->inside[first] == 0) sum -= frequency(r, first);
  }
  return best;
}

// Finds, in the window that begins at occurrence `first`: its end, and the shortest run of occurrences that has all of
// the window's phrases, so that a moment is not drawn out by repetitions of one word.
static void tighten(const ranking *r, scratch *s, int count, int first, int *core_first,
                    int *core_end, int *window_end) {
  int end = first, last_new = first;
  for (int p = 0; p < r->phrases; p++) s->inside[p] = 0;
  while (end < count && s->found[end].token - s->found[first].token < r->header.window_tokens) {
    // A window may not take what another has shown.
    if (end > first && s->window_scores[end] < 0) break;
    if (s->inside[s->found[end].phrase]++ == 0) last_new = end;
    end++;
  }
  for (int i = last_new + 1; i < end; i++) s->inside[s->found[i].phrase]--;
  int start = first;
  while (start < last_new && s->inside[s->found[start].phrase] > 1) {
    s->inside[s->found[start++].phrase]--;
  }
  *core_first = start;
  *core_end = last_new + 1;
  *window_end = end;
}

// Writes the best windows behind `head` bytes of a new blob; the caller frees it.
static int make_moments(const Fts5ExtensionApi *api, Fts5Context *context, const ranking *r,
                        scratch *s, int count, int wanted, size_t head, void **blob,
                        sqlite3_uint64 *bytes) {
  *blob = sqlite3_malloc64(head + sizeof(int) * (2 + 5 * (sqlite3_uint64)count));
  if (*blob == 0) return SQLITE_NOMEM;
  int *out = (int *)((char *)*blob + head);
  int used = 2, windows = 0;
  best_window(r, s, count, s->window_scores);
  while (windows < wanted) {
    int best = -1;
    for (int i = 0; i < count; i++) {
      if (s->window_scores[i] < 0) continue;
      if (best < 0 || s->window_scores[i] > s->window_scores[best]) best = i;
    }
    if (best < 0) break;
    int core_first, core_end, end;
    tighten(r, s, count, best, &core_first, &core_end, &end);
    out[used++] = end - best;
    out[used++] = core_first - best;
    out[used++] = core_end - core_first;
    for (int i = best; i < end; i++) {
      out[used++] = s->found[i].token;
      out[used++] = api->xPhraseSize(context, s->found[i].phrase);
    }
    windows++;
    int low = s->found[best].token - (int)r->header.window_tokens;
    int high = s->found[best].token + (int)r->header.window_tokens;
    for (int i = 0; i < count; i++) {
      if (s->found[i].token > low && s->found[i].token < high) s->window_scores[i] = -1;
    }
  }
  out[0] = count;
  out[1] = windows;
  *bytes = head + sizeof(int) * (sqlite3_uint64)used;
  return SQLITE_OK;
}

static void moments(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result,
                    int arguments, sqlite3_value **values) {
  ranking r;
  int count = 0;
  int status = arguments == 2 ? ranking_get(api, context, values[0], &r) : SQLITE_MISMATCH;
  scratch *s = 0;
  if (status == SQLITE_OK) {
    s = scratch_get(api, context, r.phrases);
    status = s == 0 ? SQLITE_NOMEM : collect(api, context, &r, s, &count);
  }
  void *blob = 0;
  sqlite3_uint64 bytes = 0;
  if (status == SQLITE_OK) {
    int wanted = sqlite3_value_int(values[1]);
    status = make_moments(api, context, &r, s, count, wanted, 0, &blob, &bytes);
  }
  if (status == SQLITE_OK) {
    sqlite3_result_blob64(result, blob, bytes, sqlite3_free);
  } else {
    sqlite3_result_error_code(result, status);
  }
}

// Reads the chunk of the row, if it is another than that of the row before.
static int facts_get(struct csqlite_scan *scan, sqlite3_int64 row) {
  sqlite3_int64 chunk = row / csqlite_rows_per_chunk;
  if (chunk == scan->chunk) return SQLITE_OK;
  scan->chunk = chunk;
  memset(scan->tokens, 0, sizeof scan->tokens);
  memset(scan->dated, 0, sizeof scan->dated);
  sqlite3_bind_int64(scan->facts, 1, chunk);
  if (sqlite3_step(scan->facts) == SQLITE_ROW) {
    void *targets[] = {scan->tokens, scan->dated};
    size_t sizes[] = {sizeof scan->tokens, sizeof scan->dated};
    for (int column = 0; column < 2; column++) {
      const void *bytes = sqlite3_column_blob(scan->facts, column);
      size_t count = (size_t)sqlite3_column_bytes(scan->facts, column);
      if (count > sizes[column]) count = sizes[column];
      if (bytes != 0) memcpy(targets[column], bytes, count);
    }
  }
  return sqlite3_reset(scan->facts);
}

// Whether the document's date is one that is wanted.
static int is_dated(const struct csqlite_scan *scan, sqlite3_int64 row) {
  sqlite3_int64 dated = scan->dated[row % csqlite_rows_per_chunk];
  return dated >= scan->dated_from && dated < scan->dated_before;
}

static void dated(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result,
                  int arguments, sqlite3_value **values) {
  struct csqlite_scan *query =
      arguments == 2 ? sqlite3_value_pointer(values[1], csqlite_scan_type) : 0;
  sqlite3_int64 row = api->xRowid(context);
  int status = query == 0 ? SQLITE_MISMATCH : facts_get(query, row);
  if (status == SQLITE_OK && !is_dated(query, row)) return;
  sqlite3_int64 date = status == SQLITE_OK ? query->dated[row % csqlite_rows_per_chunk] : 0;
  if (status == SQLITE_OK && (date < query->dated_least || date > query->dated_most)) {
    sqlite3_result_int64(result, date);
    return;
  }
  ranking r;
  int count = 0;
  void *blob = 0;
  sqlite3_uint64 bytes = 0;
  if (status == SQLITE_OK) status = ranking_get(api, context, values[0], &r);
  if (status == SQLITE_OK) {
    scratch *s = scratch_get(api, context, r.phrases);
    status = s == 0 ? SQLITE_NOMEM : collect(api, context, &r, s, &count);
    if (status == SQLITE_OK) {
      status =
          make_moments(api, context, &r, s, count, query->moments, sizeof date, &blob, &bytes);
    }
  }
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  memcpy(blob, &date, sizeof date);
  sqlite3_result_blob64(result, blob, bytes, sqlite3_free);
}

static void places(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result,
                   int arguments, sqlite3_value **values) {
  ranking r;
  int count = 0;
  int status = arguments == 1 ? ranking_get(api, context, values[0], &r) : SQLITE_MISMATCH;
  scratch *s = 0;
  if (status == SQLITE_OK) {
    s = scratch_get(api, context, r.phrases);
    status = s == 0 ? SQLITE_NOMEM : collect(api, context, &r, s, &count);
  }
  int *blob = 0;
  sqlite3_uint64 bytes = sizeof(int) * 2 * (sqlite3_uint64)count;
  if (status == SQLITE_OK) {
    blob = sqlite3_malloc64(bytes + 1);
    if (blob == 0) status = SQLITE_NOMEM;
  }
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  for (int i = 0; i < count; i++) {
    blob[2 * i] = s->found[i].token;
    blob[2 * i + 1] = api->xPhraseSize(context, s->found[i].phrase);
  }
  sqlite3_result_blob64(result, blob, bytes, sqlite3_free);
}

static void scan(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result,
                 int arguments, sqlite3_value **values) {
  ranking r;
  int status = arguments == 2 ? ranking_get(api, context, values[0], &r) : SQLITE_MISMATCH;
  struct csqlite_scan *query = 0;
  scratch *s = 0;
  int count = -1, scored = 0, only = 0;
  if (status == SQLITE_OK) {
    query = sqlite3_value_pointer(values[1], csqlite_scan_type);
    status = query == 0 ? SQLITE_MISMATCH : facts_get(query, api->xRowid(context));
    if (status == SQLITE_OK && !is_dated(query, api->xRowid(context))) return;
  }
  if (status == SQLITE_OK) {
    s = scratch_get(api, context, r.phrases);
    if (s == 0) status = SQLITE_NOMEM;
  }
  if (status == SQLITE_OK) {
    for (int p = 0; p < r.phrases; p++) {
      if (frequency(&r, p) > 0) {
        scored++;
        only = p;
      }
    }
    status = scored == 1 ? count_hits(api, context, &r, s, only)
                         : collect(api, context, &r, s, &count);
  }
  double average = 1, tokens = 1;
  if (status == SQLITE_OK) {
    average = r.header.average_tokens > 1 ? r.header.average_tokens : 1;
    int stored = query->tokens[api->xRowid(context) % csqlite_rows_per_chunk];
    tokens = stored > 0 ? stored : average;
  }
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  const double k1 = 1.2, b = 0.75;
  double length = k1 * (1 - b + b * tokens / average);
  double total = 0, all = 0, in_title = 0;
  for (int p = 0; p < r.phrases; p++) {
    double f = frequency(&r, p);
    if (f <= 0) continue;
    all += f;
    if (s->titled[p]) in_title += f;
    total += f * s->hits[p] * (k1 + 1) / (s->hits[p] + length);
  }
  if (scored > 1 && all > 0) {
    // A title is short: what is in it is close together.
    double best = best_window(&r, s, count, 0);
    total *= 1 + r.header.proximity_boost * (in_title > best ? in_title : best) / all;
  }
  if (total < query->least || total > query->most) {
    sqlite3_result_double(result, total);
    return;
  }
  void *blob = 0;
  sqlite3_uint64 bytes = 0;
  if (count < 0) status = collect(api, context, &r, s, &count);
  if (status == SQLITE_OK) {
    status = make_moments(api, context, &r, s, count, query->moments, sizeof total, &blob, &bytes);
  }
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  memcpy(blob, &total, sizeof total);
  sqlite3_result_blob64(result, blob, bytes, sqlite3_free);
}

int csqlite_bind_scan(sqlite3_stmt *statement, int index, struct csqlite_scan *scan) {
  return sqlite3_bind_pointer(statement, index, scan, csqlite_scan_type, 0);
}

int csqlite_register_functions(sqlite3 *connection) {
  fts5_api *api = 0;
  sqlite3_stmt *statement = 0;
  // How FTS5 hands out its API: https://www.sqlite.org/fts5.html#extending_fts5
  int status = sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, 0);
  if (status != SQLITE_OK) return status;
  sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", 0);
  sqlite3_step(statement);
  status = sqlite3_finalize(statement);
  if (status != SQLITE_OK) return status;
  if (api == 0) return SQLITE_MISUSE;
  status = api->xCreateFunction(api, "verbatim_scan", 0, scan, 0);
  if (status != SQLITE_OK) return status;
  status = api->xCreateFunction(api, "verbatim_dated", 0, dated, 0);
  if (status != SQLITE_OK) return status;
  status = api->xCreateFunction(api, "verbatim_places", 0, places, 0);
  if (status != SQLITE_OK) return status;
  return api->xCreateFunction(api, "verbatim_moments", 0, moments, 0);
}

long csqlite_file_system_type(const char *path) {
  struct statfs information;
  return statfs(path, &information) == 0 ? (long)information.f_type : -1;
}

void csqlite_name_thread(const char *name) { prctl(PR_SET_NAME, name); }
