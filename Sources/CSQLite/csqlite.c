#include "csqlite.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

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
    if (phrase >= r->phrases || frequency(r, phrase) <= 0) continue;
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

static void score(const Fts5ExtensionApi *api, Fts5Context *context, sqlite3_context *result,
                  int arguments, sqlite3_value **values) {
  ranking r;
  int count = 0;
  int status = arguments == 1 ? ranking_get(api, context, values[0], &r) : SQLITE_MISMATCH;
  scratch *s = 0;
  if (status == SQLITE_OK) {
    s = scratch_get(api, context, r.phrases);
    status = s == 0 ? SQLITE_NOMEM : collect(api, context, &r, s, &count);
  }
  int tokens = 0;
  if (status == SQLITE_OK) status = api->xColumnSize(context, csqlite_column_text, &tokens);
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  const double k1 = 1.2, b = 0.75;
  double average = r.header.average_tokens > 1 ? r.header.average_tokens : 1;
  double length = k1 * (1 - b + b * tokens / average);
  double total = 0, all = 0, in_title = 0;
  int scored = 0;
  for (int p = 0; p < r.phrases; p++) {
    double f = frequency(&r, p);
    if (f <= 0) continue;
    scored++;
    all += f;
    if (s->titled[p]) in_title += f;
    total += f * s->hits[p] * (k1 + 1) / (s->hits[p] + length);
  }
  if (scored > 1 && all > 0) {
    // A title is short: what is in it is close together.
    double best = best_window(&r, s, count, 0);
    total *= 1 + r.header.proximity_boost * (in_title > best ? in_title : best) / all;
  }
  sqlite3_result_double(result, total);
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
  sqlite3_int64 capacity = 2 + 5 * (sqlite3_int64)count;
  int *out = 0;
  if (status == SQLITE_OK) {
    out = sqlite3_malloc64(sizeof(int) * capacity);
    if (out == 0) status = SQLITE_NOMEM;
  }
  if (status != SQLITE_OK) {
    sqlite3_result_error_code(result, status);
    return;
  }
  int wanted = sqlite3_value_int(values[1]);
  int used = 2, windows = 0;
  best_window(&r, s, count, s->window_scores);
  while (windows < wanted) {
    int best = -1;
    for (int i = 0; i < count; i++) {
      if (s->window_scores[i] < 0) continue;
      if (best < 0 || s->window_scores[i] > s->window_scores[best]) best = i;
    }
    if (best < 0) break;
    int core_first, core_end, end;
    tighten(&r, s, count, best, &core_first, &core_end, &end);
    out[used++] = end - best;
    out[used++] = core_first - best;
    out[used++] = core_end - core_first;
    for (int i = best; i < end; i++) {
      out[used++] = s->found[i].token;
      out[used++] = api->xPhraseSize(context, s->found[i].phrase);
    }
    windows++;
    int low = s->found[best].token - (int)r.header.window_tokens;
    int high = s->found[best].token + (int)r.header.window_tokens;
    for (int i = 0; i < count; i++) {
      if (s->found[i].token > low && s->found[i].token < high) s->window_scores[i] = -1;
    }
  }
  out[0] = count;
  out[1] = windows;
  sqlite3_result_blob64(result, out, sizeof(int) * used, sqlite3_free);
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
  status = api->xCreateFunction(api, "verbatim_score", 0, score, 0);
  if (status != SQLITE_OK) return status;
  return api->xCreateFunction(api, "verbatim_moments", 0, moments, 0);
}

long csqlite_file_system_type(const char *path) {
  struct statfs information;
  return statfs(path, &information) == 0 ? (long)information.f_type : -1;
}

void csqlite_name_thread(const char *name) { prctl(PR_SET_NAME, name); }
