/*
The hand-off of videos between Redis, fetchers and indexers, as the functions of Sources/RedisQueue/Functions do it.
README.md says what is in it, what is not, and how it is run.

A function of the library is one `d_step`: Redis runs nothing else meanwhile. Between any two of them a worker can
die, lose its entry to another, or be told too late; and Redis can go back to an earlier state, once.
Names are those of the functions. No parameter of an inline may have the name of a variable that is given for it.
*/

/* ---- Size of a configuration; `run` sets some of them ---------------------------------------------------------- */

#ifndef JOBS
#define JOBS 2
#endif
#ifndef VIDEOS
#define VIDEOS 1
#endif
/* How often each of these happens at most. */
#ifndef CRASHES
#define CRASHES 0        /* a worker dies, and comes back with nothing in hand */
#endif
#ifndef ROBBERIES
#define ROBBERIES 0      /* an entry is reclaimed from a worker that is alive */
#endif
#ifndef REPEATS
#define REPEATS 0        /* a reply is lost: the worker calls again, sooner or later */
#endif
#ifndef FAILURES
#define FAILURES 0       /* a worker reports a failure */
#endif
#ifndef RELEASES
#define RELEASES 0       /* a worker gives a task back */
#endif
#ifndef LOSSES
#define LOSSES 0         /* a payload expires */
#endif
#ifndef CANCELS
#define CANCELS 0        /* a job is cancelled */
#endif
#ifndef REVIVALS
#define REVIVALS 0       /* a dead letter is requeued */
#endif
#ifndef ROLLBACK
#define ROLLBACK 0       /* 1: Redis loses its newest writes, once */
#endif
/* The last job is submitted at any time, and not before the others; a rollback can lose it. */
#ifndef LATE_JOB
#define LATE_JOB 0
#endif
/* Ids of entries that a rollback has lost are given again: the clock went back, or a replica's clock is behind. */
#ifndef IDS_AGAIN
#define IDS_AGAIN 0
#endif
/* Jobs with `force` fetch what was indexed lately. */
#ifndef FORCE
#define FORCE 0
#endif
#ifndef WINDOW
#define WINDOW 4
#endif
#ifndef MAX_HELD
#define MAX_HELD 4
#endif
#ifndef MAX_DELIVERIES
#define MAX_DELIVERIES 2
#endif
#ifndef MAX_ATTEMPTS
#define MAX_ATTEMPTS 2
#endif
/* A fault that must be found; 0: none. */
#ifndef FAULT
#define FAULT 0
#endif

#define RECORDS (JOBS * VIDEOS)
#define JOB_OF(record) ((record) / VIDEOS)
#define VIDEO_OF(record) ((record) % VIDEOS)
#define RECORD(job, video) ((job) * VIDEOS + (video))

/* Entries that exist, that stale workers still name, and that the earlier state has. Tokens likewise. */
#define ENTRIES 8
#define TOKENS 16
#define NONE 0           /* no entry, no token; both count from 1 */
#define NOBODY 255

/* ---- State ----------------------------------------------------------------------------------------------------- */

/* State of a video, and name of its counter. WAITING is counted as queued; CANCELLED is a counter only. */
#define QUEUED 0
#define FETCHING 1
#define INDEXING 2
#define DONE 3
#define FAILED 4
#define SKIPPED 5
#define CANCELLED 6
#define WAITING 7
#define COUNTERS 7
#define BUCKET(state) ((state) == WAITING -> QUEUED : (state))

/* State of a job. */
#define ABSENT 0
#define RUNNING 1
#define ENDED 2
#define STOPPED 3        /* by cancel */

/* Where an entry is: in a stream, delivered or not. */
#define FREE 0
#define NEW_FETCH 1
#define HELD_FETCH 2
#define NEW_INDEX 3
#define HELD_INDEX 4

typedef Record {
  byte state; byte token; byte attempts; byte deliveries; byte entry; byte fetch_token;
  bit todo; bit fetch_delayed; bit index_delayed;
  byte granted           /* ghost: the token that was given out last */
};
typedef Job { byte state; byte count[COUNTERS]; bit ring };
typedef Entry { byte place; byte record; byte payload };
typedef Redis {
  Record record[RECORDS];
  Job job[JOBS];
  Entry entry[ENTRIES];
  byte lock[VIDEOS];
  byte waiting[VIDEOS];  /* jobs, as bits */
  bit recent[VIDEOS];
  short payloads;        /* by fetch token, as bits */
  byte held; byte ready
};
Redis redis;
Redis saved;             /* what a rollback goes back to */
bit has_saved, has_lost;

/* What a worker holds; workers 0 and 1 are fetchers, 2 and 3 indexers. They forget it when they die. */
typedef Claim {
  byte token; byte entry; byte record; byte payload;
  bit uploaded;          /* fetcher: the payload was sent; indexer: the document was written */
  bit is_new             /* its entry is one that a rollback would lose, or has lost */
};
Claim claim[4];
bit written[VIDEOS];     /* what is in the index */
bit submitted;
byte crashes, robberies, repeats, failures, releases, losses, cancels, revivals;

/* Of one step: nothing of them is left between two. */
hidden byte a, b, c, e, r, j, v, t, n, w;
hidden byte ok, found, again, moved;

/* ---- Records and counters -------------------------------------------------------------------------------------- */

#define REC redis.record[r]
#define IS_RUNNING(job_) (redis.job[job_].state == RUNNING)

inline shift(s_record, s_state) {
  assert(redis.record[s_record].state != DONE && redis.record[s_record].state != SKIPPED);
  redis.job[JOB_OF(s_record)].count[BUCKET(redis.record[s_record].state)]--;
#if FAULT != 1
  redis.job[JOB_OF(s_record)].count[BUCKET(s_state)]++;
#else
  if
  :: s_state != DONE -> redis.job[JOB_OF(s_record)].count[BUCKET(s_state)]++
  :: else
  fi;
#endif
  redis.record[s_record].state = s_state
}

inline requeue(q_record) {
  assert(!redis.record[q_record].todo);
  redis.record[q_record].todo = 1;
  redis.job[JOB_OF(q_record)].ring = 1
}

/* ---- Names that are given once: the lowest that nobody knows any more -------------------------------------------- */

/* Sets t. */
inline fresh_token() {
  t = 1;
  do
  :: t >= TOKENS -> assert(false)
  :: else ->
    found = ((redis.payloads >> t) & 1) || (has_saved && ((saved.payloads >> t) & 1));
    for (a : 0 .. RECORDS - 1) {
      found = found || redis.record[a].token == t || redis.record[a].fetch_token == t ||
        redis.record[a].granted == t;
      found = found || (has_saved && (saved.record[a].token == t || saved.record[a].fetch_token == t ||
        saved.record[a].granted == t))
    }
    for (a : 0 .. 3) { found = found || claim[a].token == t || claim[a].payload == t }
    if
    :: found -> t++
    :: else -> break
    fi
  od
}

/* Sets n, the id of an entry that is in `x_place` from now on. */
inline add_entry(x_place, x_record, x_payload) {
  n = 1;
  do
  :: n > ENTRIES -> assert(false)
  :: else ->
    found = redis.entry[n - 1].place != FREE || (has_saved && saved.entry[n - 1].place != FREE);
    for (a : 0 .. 3) { found = found || (claim[a].entry == n && !(IDS_AGAIN && has_lost && claim[a].is_new)) }
    if
    :: found -> n++
    :: else -> break
    fi
  od;
  redis.entry[n - 1].place = x_place;
  redis.entry[n - 1].record = x_record;
  redis.entry[n - 1].payload = x_payload
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

/* XACK and XDEL. */
inline drop(d_entry) {
  redis.entry[d_entry - 1].place = FREE;
  redis.entry[d_entry - 1].record = 0;
  redis.entry[d_entry - 1].payload = NONE
}

inline unlink(u_token) { redis.payloads = redis.payloads & ~(1 << u_token) }

/* Adds to the end of the index stream: a video that enters the stage, or goes back. */
inline add_index(i_record) {
  add_entry(NEW_INDEX, i_record, redis.record[i_record].fetch_token);
  redis.record[i_record].entry = n
}

/* Another job has indexed the video: the index is told that it is in this list too. No payload, no lock. */
inline add_listed(i_record) {
  redis.record[i_record].fetch_token = NONE; redis.record[i_record].token = NONE;
  redis.record[i_record].deliveries = 0; redis.record[i_record].attempts = 0;
  add_index(i_record);
  shift(i_record, INDEXING);
  redis.held++
}

inline leave_index(l_token) {
  unlink(l_token);
  redis.held--
}

#define PAYLOAD_EXISTS(p_token) ((redis.payloads >> (p_token)) & 1)
#define IS_OF(o_entry, o_record) (redis.entry[o_entry - 1].record == o_record)

/* A worker names an entry of a job that does not run. Redis may have gone back meanwhile: then it may be there again and
   undelivered, or its id may be another's. */
#if FAULT == 2
#define IS_HELD(o_entry, o_record, o_new) (redis.entry[o_entry - 1].place == o_new || \
  redis.entry[o_entry - 1].place == o_new + 1)
#else
#define IS_HELD(o_entry, o_record, o_new) (redis.entry[o_entry - 1].place == o_new + 1 && IS_OF(o_entry, o_record))
#endif

inline drop_ended_fetch(f_entry, f_record) {
  if
  :: IS_HELD(f_entry, f_record, NEW_FETCH) -> drop(f_entry)
  :: else
  fi
}

inline drop_ended_index(f_entry, f_record) {
  if
  :: IS_HELD(f_entry, f_record, NEW_INDEX) ->
    t = redis.entry[f_entry - 1].payload;
    drop(f_entry);
    leave_index(t)
  :: else
  fi
}

/* ---- Locks ------------------------------------------------------------------------------------------------------- */

inline free_waiters(w_video, w_done, w_delayed) {
  for (c : 0 .. JOBS - 1) {
    b = RECORD(c, w_video);
    if
    :: ((redis.waiting[w_video] >> c) & 1) && IS_RUNNING(c) && redis.record[b].state == WAITING ->
      if
      :: w_done -> add_listed(b)
      :: else ->
        shift(b, QUEUED);
        if
        :: w_delayed -> redis.record[b].fetch_delayed = 1
        :: else -> requeue(b)
        fi
      fi
    :: else
    fi
  }
  redis.waiting[w_video] = 0
}

/* The owner lets go of a video without having it. */
inline unlock(k_owner, k_video, k_delayed) {
  if
  :: redis.lock[k_video] == k_owner ->
    redis.lock[k_video] = NOBODY;
    free_waiters(k_video, 0, k_delayed)
  :: else
  fi
}

inline unlock_done(y_video) {
  redis.lock[y_video] = NOBODY;
#if FAULT != 3
  free_waiters(y_video, 1, 0)
#endif
}

#define WORKS_ON(z_job, z_video) (IS_RUNNING(z_job) && \
  (redis.record[RECORD(z_job, z_video)].state == FETCHING || \
  (redis.record[RECORD(z_job, z_video)].state == INDEXING && redis.record[RECORD(z_job, z_video)].fetch_token != NONE)))

/* Sets ok. The lock of a job that ended, or does not hold the video any more, is taken away. */
inline lock_live(z_video) {
  ok = 0;
  if
  :: redis.lock[z_video] == NOBODY
  :: else ->
    if
    :: WORKS_ON(redis.lock[z_video], z_video) -> ok = 1
    :: else ->
      redis.lock[z_video] = NOBODY;
      free_waiters(z_video, 0, 0)
    fi
  fi
}

/* ---- The end of a call ------------------------------------------------------------------------------------------- */

/* Videos of the ring's jobs enter the fetch stream, unless the index stage is full. */
inline feed() {
  do
  :: redis.ready < WINDOW && redis.held < MAX_HELD ->
    moved = 0;
    for (j : 0 .. JOBS - 1) {
      if
      :: redis.job[j].ring && redis.ready < WINDOW ->
        ok = 0;
        for (v : 0 .. VIDEOS - 1) {
          b = RECORD(j, v);
          if
          :: !ok && redis.record[b].todo && IS_RUNNING(j) ->
            redis.record[b].todo = 0;
            add_entry(NEW_FETCH, b, NONE);
            redis.ready++;
            ok = 1
          :: else
          fi
        }
        if
        :: ok -> moved = 1
        :: else -> redis.job[j].ring = 0
        fi
      :: else
      fi
    }
    if
    :: moved
    :: else -> break
    fi
  :: else -> break
  od
}

inline end_jobs() {
  for (j : 0 .. JOBS - 1) {
    if
    :: IS_RUNNING(j) && redis.job[j].count[QUEUED] + redis.job[j].count[FETCHING] + redis.job[j].count[INDEXING] == 0 ->
      redis.job[j].state = ENDED
    :: else
    fi
  }
}

/* ---- What must hold after every call ------------------------------------------------------------------------------ */

inline check() {
  e = 0; n = 0;
  for (a : 0 .. ENTRIES - 1) {
    e = e + (redis.entry[a].place == NEW_FETCH);
    n = n + (redis.entry[a].place == NEW_INDEX || redis.entry[a].place == HELD_INDEX)
  }
  assert(redis.ready == e);
  for (r : 0 .. RECORDS - 1) {
    n = n + REC.index_delayed;
    j = JOB_OF(r); v = VIDEO_OF(r);
    if
    :: IS_RUNNING(j) ->
      e = 0; t = 0;
      for (a : 0 .. ENTRIES - 1) {
        e = e + (redis.entry[a].record == r && (redis.entry[a].place == NEW_FETCH || redis.entry[a].place == HELD_FETCH));
        t = t + (redis.entry[a].record == r && (redis.entry[a].place == NEW_INDEX || redis.entry[a].place == HELD_INDEX))
      }
      if
      :: REC.state == QUEUED ->
        assert(e + REC.todo + REC.fetch_delayed == 1 && t + REC.index_delayed == 0)
      :: REC.state == FETCHING ->
        assert(e == 1 && t + REC.todo + REC.fetch_delayed + REC.index_delayed == 0);
        assert(redis.entry[REC.entry - 1].place == HELD_FETCH && IS_OF(REC.entry, r));
        assert(redis.lock[v] == j)
      :: REC.state == INDEXING ->
        assert(t + REC.index_delayed == 1 && e + REC.todo + REC.fetch_delayed == 0);
        assert(REC.index_delayed || (redis.entry[REC.entry - 1].place >= NEW_INDEX && IS_OF(REC.entry, r)));
        assert((redis.lock[v] == j) == (REC.fetch_token != NONE))
      :: REC.state == WAITING ->
        assert(e + t + REC.todo + REC.fetch_delayed + REC.index_delayed == 0);
        assert(((redis.waiting[v] >> j) & 1) && redis.lock[v] != NOBODY)
      :: else ->
        assert(e + t + REC.todo + REC.fetch_delayed + REC.index_delayed == 0)
      fi;
      assert(!REC.todo || redis.job[j].ring);
      assert(REC.deliveries <= MAX_DELIVERIES || REC.state == FAILED)
    :: else
    fi
  }
  assert(redis.held == n);
  for (v : 0 .. VIDEOS - 1) {
    assert(redis.lock[v] == NOBODY || !IS_RUNNING(redis.lock[v]) || WORKS_ON(redis.lock[v], v))
  }
  for (j : 0 .. JOBS - 1) {
    t = 0;
    for (a : 0 .. CANCELLED) {
      n = 0;
      for (v : 0 .. VIDEOS - 1) {
        b = redis.record[RECORD(j, v)].state;
        if
        :: redis.job[j].state == ABSENT
        :: redis.job[j].state == STOPPED ->
          n = n + (b == a && a >= DONE) + (a == CANCELLED && (b < DONE || b == WAITING))
        :: else -> n = n + (BUCKET(b) == a)
        fi
      }
      assert(redis.job[j].count[a] == n);
      t = t + n
    }
    assert(redis.job[j].state == ABSENT || t == VIDEOS)
  }
}

/* Two workers of a kind are as good as each other: the one with the lower token comes first. */
#define SWAP(field) n = claim[o_first].field; claim[o_first].field = claim[o_first + 1].field; claim[o_first + 1].field = n
inline order(o_first) {
  if
  :: claim[o_first].token > claim[o_first + 1].token ->
    SWAP(token); SWAP(entry); SWAP(record); SWAP(payload); SWAP(uploaded); SWAP(is_new)
  :: else
  fi
}

/* Payloads that nobody refers to expire. They are what workers left that died, or whose reports were lost. */
inline expire() {
  for (t : 1 .. TOKENS - 1) {
    found = 0;
    for (a : 0 .. RECORDS - 1) {
      found = found || (redis.record[a].fetch_token == t && (IS_RUNNING(JOB_OF(a)) || redis.record[a].index_delayed))
    }
    for (a : 0 .. ENTRIES - 1) { found = found || redis.entry[a].payload == t }
    for (a : 0 .. 3) { found = found || claim[a].payload == t || (claim[a].token == t && claim[a].uploaded) }
    if
    :: PAYLOAD_EXISTS(t) && !found ->
      assert(crashes || has_lost || repeats);
      unlink(t)
    :: else
    fi
  }
}

/* What nobody can ask for any more is forgotten, so that equal states are found equal. */
inline normalize() {
  for (r : 0 .. RECORDS - 1) {
    if
    :: !IS_RUNNING(JOB_OF(r)) -> REC.entry = NONE; REC.attempts = 0
    :: else
    fi;
    if
    :: !IS_RUNNING(JOB_OF(r)) || (REC.state != FETCHING && REC.state != INDEXING) ->
      REC.granted = NONE; REC.deliveries = 0;
      found = 0;
      for (a : 0 .. 3) { found = found || (claim[a].token == REC.token) }
      REC.token = (found && (REC.state == DONE || REC.state == SKIPPED) -> REC.token : NONE)
    :: else
    fi
  }
}

/* Every function ends here. */
inline close() {
  feed();
  end_jobs();
  check();
  normalize();
  expire();
  order(0);
  order(2)
}

/* ---- Claims ------------------------------------------------------------------------------------------------------ */

inline forget(g_worker) {
  claim[g_worker].token = NONE; claim[g_worker].entry = NONE; claim[g_worker].record = 0;
  claim[g_worker].payload = NONE; claim[g_worker].uploaded = 0; claim[g_worker].is_new = 0
}

/* Gives the task of entry e and record r to a worker. */
inline grant(g_worker) {
  fresh_token();
  REC.token = t;
  REC.granted = t;
#if FAULT == 14
  drop(e);
#endif
  claim[g_worker].token = t;
  claim[g_worker].entry = e;
  claim[g_worker].record = r;
  claim[g_worker].payload = redis.entry[e - 1].payload;
  claim[g_worker].is_new = IDS_AGAIN && has_saved && saved.entry[e - 1].place == FREE
}

/* Sets r, j, v of what a worker holds. */
inline look(c_worker) {
  r = claim[c_worker].record;
  j = JOB_OF(r);
  v = VIDEO_OF(r)
}

#define HOLDS(c_worker, c_state) (REC.state == c_state && (FAULT == 4 || REC.token == claim[c_worker].token) && \
  REC.entry == claim[c_worker].entry)

/* A report is about to be accepted: it has to be from whom the task was given to last. */
#define MUST_BE_LATEST(c_worker) assert(REC.granted == claim[c_worker].token && IS_RUNNING(j))

/* ---- Fetch stage ------------------------------------------------------------------------------------------------- */

inline end_failed() {
  REC.entry = NONE; REC.token = NONE; REC.fetch_token = NONE;
  shift(r, FAILED);
#if FAULT != 5
  unlock(j, v, 0)
#endif
}

/* Entry e is delivered to a worker: begin_fetch. */
inline take_fetch(x_worker) {
  r = redis.entry[e - 1].record; j = JOB_OF(r); v = VIDEO_OF(r);
  if
  :: redis.entry[e - 1].place == NEW_FETCH -> redis.ready--
  :: else
  fi;
  redis.entry[e - 1].place = HELD_FETCH;
  again = REC.state == FETCHING && REC.entry == e;
  if
  :: !IS_RUNNING(j) ->
    drop(e);
    unlock(j, v, 0)
  :: else ->
    if
    :: !again && REC.state != QUEUED -> drop(e)
    :: !again && REC.state == QUEUED && redis.recent[v] && !FORCE ->
      drop(e);
      add_listed(r)
    :: else ->
      if
      :: again -> ok = 0
      :: else -> lock_live(v)
      fi;
#if FAULT == 6
      ok = 0;
#endif
      if
      :: ok ->
        drop(e);
        shift(r, WAITING);
        REC.entry = NONE;
        redis.waiting[v] = redis.waiting[v] | (1 << j)
      :: else ->
        if
        :: again
        :: else -> redis.lock[v] = j; REC.deliveries = 0
        fi;
        REC.deliveries++;
        if
        :: REC.deliveries > MAX_DELIVERIES && FAULT != 7 ->
          end_failed();
          drop(e)
        :: else ->
          shift(r, FETCHING);
          REC.entry = e;
          grant(x_worker)
        fi
      fi
    fi
  fi;
  close()
}

/* Sets ok: the reply is not `missing`. */
inline hand_over(x_worker) {
  look(x_worker);
  t = claim[x_worker].token;
  ok = 1;
  if
  :: !IS_RUNNING(j) ->
    drop_ended_fetch(claim[x_worker].entry, r);
    unlock(j, v, 0);
    unlink(t)
  :: else ->
    if
    :: REC.state == INDEXING && REC.fetch_token == t /* repeated */
#if FAULT == 8
    :: REC.state != FETCHING && !(REC.state == INDEXING && REC.fetch_token == t) -> unlink(t)
#else
    :: (REC.state != FETCHING || REC.token != t) && !(REC.state == INDEXING && REC.fetch_token == t) -> unlink(t)
#endif
    :: else ->
      if
      :: !PAYLOAD_EXISTS(t) -> ok = 0; claim[x_worker].uploaded = 0
      :: else ->
        MUST_BE_LATEST(x_worker);
        drop(claim[x_worker].entry);
        REC.fetch_token = t; REC.token = NONE; REC.deliveries = 0; REC.attempts = 0;
        add_index(r);
        shift(r, INDEXING);
        redis.held++
      fi
    fi
  fi
}

/* fail with consequence `retry`, or `permanent` if x_permanent. */
inline fail_fetch(x_worker, x_permanent) {
  look(x_worker);
  if
  :: !IS_RUNNING(j) ->
    drop_ended_fetch(claim[x_worker].entry, r);
    unlock(j, v, 0)
  :: IS_RUNNING(j) && HOLDS(x_worker, FETCHING) ->
    MUST_BE_LATEST(x_worker);
    REC.attempts++;
    drop(claim[x_worker].entry);
    if
    :: x_permanent || REC.attempts >= MAX_ATTEMPTS -> end_failed()
    :: else ->
      REC.entry = NONE; REC.token = NONE; REC.deliveries = 0;
      shift(r, QUEUED);
      REC.fetch_delayed = 1;
#if FAULT != 9
      unlock(j, v, 1)
#endif
    fi
  :: else
  fi;
  forget(x_worker);
  close()
}

inline release_fetch(x_worker) {
  look(x_worker);
  if
  :: !IS_RUNNING(j) ->
    drop_ended_fetch(claim[x_worker].entry, r);
    unlock(j, v, 0)
  :: IS_RUNNING(j) && HOLDS(x_worker, FETCHING) ->
    MUST_BE_LATEST(x_worker);
    drop(claim[x_worker].entry);
    REC.token = NONE; REC.entry = NONE; REC.deliveries = 0;
    shift(r, QUEUED);
#if FAULT != 10
    requeue(r);
#endif
    unlock(j, v, 0)
  :: else
  fi;
  forget(x_worker);
  close()
}

/* ---- Index stage ------------------------------------------------------------------------------------------------- */

/* The index stage has lost a payload. */
inline fetch_again() {
  REC.entry = NONE; REC.token = NONE; REC.fetch_token = NONE; REC.deliveries = 0;
  shift(r, QUEUED);
  requeue(r);
  unlock(j, v, 0)
}

inline take_index(x_worker) {
  r = redis.entry[e - 1].record; j = JOB_OF(r); v = VIDEO_OF(r); t = redis.entry[e - 1].payload;
  redis.entry[e - 1].place = HELD_INDEX;
  if
  :: !IS_RUNNING(j) ->
    drop(e); leave_index(t);
    unlock(j, v, 0)
  :: else ->
    if
    :: REC.state != INDEXING || REC.entry != e -> drop(e); leave_index(t)
    :: else ->
      REC.deliveries++;
      if
      :: REC.deliveries > MAX_DELIVERIES && FAULT != 7 ->
        end_failed();
        drop(e); leave_index(t)
      :: else -> grant(x_worker)
      fi
    fi
  fi;
  close()
}

#define HAS_ENDED (REC.state == DONE || REC.state == SKIPPED)

inline complete(x_worker) {
  look(x_worker);
  if
  :: HAS_ENDED && REC.token == claim[x_worker].token   /* repeated */
  :: !(HAS_ENDED && REC.token == claim[x_worker].token) && !IS_RUNNING(j) ->
    drop_ended_index(claim[x_worker].entry, r);
    unlock(j, v, 0)
#if FAULT == 11
  :: IS_RUNNING(j) && REC.state == INDEXING ->
#else
  :: IS_RUNNING(j) && HOLDS(x_worker, INDEXING) ->
#endif
    MUST_BE_LATEST(x_worker);
    assert(written[v]);
    drop(claim[x_worker].entry); leave_index(claim[x_worker].payload);
    REC.entry = NONE; REC.deliveries = 0;
    if
    :: REC.fetch_token == NONE -> shift(r, SKIPPED)
    :: else ->
      assert(redis.lock[v] == j);      /* unlock_done relies on it */
      REC.fetch_token = NONE;
      shift(r, DONE);
      redis.recent[v] = 1;
      unlock_done(v)
    fi
  :: else
  fi
}

inline fail_index(x_worker, x_permanent) {
  look(x_worker);
  if
  :: !IS_RUNNING(j) ->
    drop_ended_index(claim[x_worker].entry, r);
    unlock(j, v, 0)
  :: IS_RUNNING(j) && HOLDS(x_worker, INDEXING) ->
    MUST_BE_LATEST(x_worker);
    REC.attempts++;
    drop(claim[x_worker].entry);
    if
    :: x_permanent || REC.attempts >= MAX_ATTEMPTS ->
      leave_index(claim[x_worker].payload);
      end_failed()
    :: else ->
      REC.entry = NONE; REC.token = NONE; REC.deliveries = 0;
      REC.index_delayed = 1
    fi
  :: else
  fi;
  forget(x_worker);
  close()
}

inline release_index(x_worker) {
  look(x_worker);
  if
  :: !IS_RUNNING(j) ->
    drop_ended_index(claim[x_worker].entry, r);
    unlock(j, v, 0)
  :: IS_RUNNING(j) && HOLDS(x_worker, INDEXING) ->
    MUST_BE_LATEST(x_worker);
    drop(claim[x_worker].entry);
    if
    :: claim[x_worker].payload != NONE && !PAYLOAD_EXISTS(claim[x_worker].payload) ->
      leave_index(claim[x_worker].payload);
      fetch_again()
    :: else ->
      REC.token = NONE; REC.deliveries = 0;
      add_index(r)
    fi
  :: else
  fi;
  forget(x_worker);
  close()
}

/* ---- The others -------------------------------------------------------------------------------------------------- */

/* Something delayed is due: of video r. */
inline promote() {
  j = JOB_OF(r); v = VIDEO_OF(r);
  if
  :: REC.fetch_delayed ->
#if FAULT != 12
    REC.fetch_delayed = 0;
#endif
    if
    :: IS_RUNNING(j) -> requeue(r)
    :: else
    fi
  :: else ->
    REC.index_delayed = 0;
    t = REC.fetch_token;
    if
    :: IS_RUNNING(j) && REC.state == INDEXING && (t == NONE || PAYLOAD_EXISTS(t)) -> add_index(r)
    :: else ->
#if FAULT != 15
      leave_index(t);
#endif
      if
      :: IS_RUNNING(j) && REC.state == INDEXING -> fetch_again()
      :: !IS_RUNNING(j) -> unlock(j, v, 0)
      :: else
      fi
    fi
  fi;
  close()
}

inline cancel() {
  redis.job[j].count[CANCELLED] = redis.job[j].count[QUEUED] + redis.job[j].count[FETCHING] + redis.job[j].count[INDEXING];
#if FAULT != 13
  redis.job[j].count[QUEUED] = 0; redis.job[j].count[FETCHING] = 0; redis.job[j].count[INDEXING] = 0;
#endif
  for (v : 0 .. VIDEOS - 1) { redis.record[RECORD(j, v)].todo = 0 }
  redis.job[j].state = STOPPED;
  close()
}

inline submit() {
  redis.job[j].state = RUNNING;
  for (v : 0 .. VIDEOS - 1) {
    redis.job[j].count[QUEUED]++;
    requeue(RECORD(j, v))
  }
  close()
}

inline revive() {
  j = JOB_OF(r);
  REC.attempts = 0; REC.deliveries = 0;
  shift(r, QUEUED);
  requeue(r);
  close()
}

/* What tidy does for video v. */
inline heal_locks() {
  lock_live(v);
  if
  :: !ok -> free_waiters(v, 0, 0)
  :: else
  fi;
  close()
}

#define NEEDS_HEALING(z_video) ((redis.lock[z_video] != NOBODY && !WORKS_ON(redis.lock[z_video], z_video)) || \
  (redis.lock[z_video] == NOBODY && redis.waiting[z_video]))

/* ---- Processes --------------------------------------------------------------------------------------------------- */

/* Whether a worker that lives has entry i + 1, and would be believed. */
#define IS_ALIVE(i, t_first) (redis.record[redis.entry[i].record].token != NONE && \
  (claim[t_first].token == redis.record[redis.entry[i].record].token || \
  claim[t_first + 1].token == redis.record[redis.entry[i].record].token))

/* Whether entry i + 1 is new, or may be reclaimed: from a dead worker always, from one that lives so many times. */
#define CAN_TAKE(i, t_first, t_new) (claim[t_first].token == NONE && (redis.entry[i].place == t_new || \
  (redis.entry[i].place == t_new + 1 && (robberies < ROBBERIES || !IS_ALIVE(i, t_first)))))

/* Sets e: which entry of a stream comes next is nobody's promise. Blocks while there is none. */
inline pick_entry(p_first, p_new) {
  if
  :: CAN_TAKE(0, p_first, p_new) -> e = 1
  :: CAN_TAKE(1, p_first, p_new) -> e = 2
  :: CAN_TAKE(2, p_first, p_new) -> e = 3
  :: CAN_TAKE(3, p_first, p_new) -> e = 4
  :: CAN_TAKE(4, p_first, p_new) -> e = 5
  :: CAN_TAKE(5, p_first, p_new) -> e = 6
  :: CAN_TAKE(6, p_first, p_new) -> e = 7
  :: CAN_TAKE(7, p_first, p_new) -> e = 8
  fi
}

inline count_robbery(p_first, p_new) {
  if
  :: redis.entry[e - 1].place == p_new + 1 && IS_ALIVE(e - 1, p_first) -> robberies++
  :: else
  fi
}

/* Sets w: a worker that has something. */
inline pick_worker(p_first) {
  if
  :: claim[p_first].token != NONE -> w = p_first
  :: claim[p_first + 1].token != NONE -> w = p_first + 1
  fi
}

/* A worker dies. */
inline crash(x_worker) {
  crashes++;
  forget(x_worker);
  close()
}

proctype Fetchers() {
end:
  do
  :: atomic { pick_entry(0, NEW_FETCH); d_step { count_robbery(0, NEW_FETCH); take_fetch(0) } }
  :: atomic {
    pick_worker(0);
    if
    :: d_step { !claim[w].uploaded ->
        claim[w].uploaded = 1; redis.payloads = redis.payloads | (1 << claim[w].token) }
    :: d_step { claim[w].uploaded -> hand_over(w); if :: ok -> forget(w) :: else fi; close() }
    :: d_step { claim[w].uploaded && repeats < REPEATS ->   /* no reply: all is sent again, sooner or later */
        hand_over(w); repeats++; claim[w].uploaded = 0; close() }
    :: d_step { failures < FAILURES && !claim[w].uploaded -> failures++; fail_fetch(w, 0) }
    :: d_step { failures < FAILURES && !claim[w].uploaded -> failures++; fail_fetch(w, 1) }
    :: d_step { releases < RELEASES && !claim[w].uploaded -> releases++; release_fetch(w) }
    :: d_step { crashes < CRASHES -> crash(w) }
    fi
  }
  od
}

#define IS_READABLE(c_worker) (claim[c_worker].payload == NONE || PAYLOAD_EXISTS(claim[c_worker].payload))

proctype Indexers() {
end:
  do
  :: atomic { pick_entry(2, NEW_INDEX); d_step { count_robbery(2, NEW_INDEX); take_index(2) } }
  :: atomic {
    pick_worker(2);
    if
    :: d_step { !claim[w].uploaded && IS_READABLE(w) ->
        claim[w].uploaded = 1; written[VIDEO_OF(claim[w].record)] = 1 }
    :: d_step { !claim[w].uploaded && !IS_READABLE(w) -> release_index(w) }
    :: d_step { claim[w].uploaded -> complete(w); forget(w); close() }
    :: d_step { claim[w].uploaded && repeats < REPEATS -> complete(w); repeats++; close() }
    :: d_step { failures < FAILURES && !claim[w].uploaded -> failures++; fail_index(w, 0) }
    :: d_step { failures < FAILURES && !claim[w].uploaded -> failures++; fail_index(w, 1) }
    :: d_step { releases < RELEASES && !claim[w].uploaded -> releases++; release_index(w) }
    :: d_step { crashes < CRASHES -> crash(w) }
    fi
  }
  od
}

/* ---- The world --------------------------------------------------------------------------------------------------- */

#define IS_DELAYED(i) (redis.record[i].fetch_delayed || redis.record[i].index_delayed)
#define IS_DEAD_LETTER(i) (revivals < REVIVALS && redis.record[i].state == FAILED && IS_RUNNING(JOB_OF(i)))
#define HAS_PAYLOAD(i) (losses < LOSSES && redis.record[i].fetch_token != NONE && PAYLOAD_EXISTS(redis.record[i].fetch_token))

/* Sets r: a record for which this is true. Blocks while there is none. */
#define PICK_RECORD(CONDITION) \
  if \
  :: CONDITION(0) -> r = 0 \
  :: RECORDS > 1 && CONDITION(1 % RECORDS) -> r = 1 \
  :: RECORDS > 2 && CONDITION(2 % RECORDS) -> r = 2 \
  :: RECORDS > 3 && CONDITION(3 % RECORDS) -> r = 3 \
  fi

/* Redis goes back to what it has saved: its append-only file has lost its end. */
inline save() {
  has_saved = 1;
  for (a : 0 .. 3) { claim[a].is_new = 0 }
  c_code { now.saved = now.redis; }
}
inline rollback() {
  has_saved = 0;
  has_lost = 1;
  c_code { now.redis = now.saved; memset(&now.saved, 0, sizeof(now.saved)); }
}

/* Callers, the clock, and whatever befalls Redis. */
proctype World() {
end:
  do
  :: atomic { PICK_RECORD(IS_DELAYED); d_step { promote() } }
  :: atomic {
    if
    :: NEEDS_HEALING(0) -> v = 0
#if VIDEOS > 1
    :: NEEDS_HEALING(1) -> v = 1
#endif
    fi;
    d_step { heal_locks() }
  }
#if LATE_JOB
  :: d_step { !submitted -> submitted = 1; j = JOBS - 1; submit() }
#endif
  :: atomic {
    if
    :: cancels < CANCELS && IS_RUNNING(0) -> j = 0
#if JOBS > 1
    :: cancels < CANCELS && IS_RUNNING(1) -> j = 1
#endif
    fi;
    d_step { cancels++; cancel() }
  }
  :: atomic { PICK_RECORD(IS_DEAD_LETTER); d_step { revivals++; revive() } }
  :: atomic { PICK_RECORD(HAS_PAYLOAD); d_step { losses++; unlink(REC.fetch_token); close() } }
#if ROLLBACK
  :: d_step { !has_saved && !has_lost -> save() }
  :: d_step { has_saved -> rollback(); close() }
#endif
  od
}

init {
  d_step {
    for (v : 0 .. VIDEOS - 1) { redis.lock[v] = NOBODY }
    w = 0;
    do
    :: w < JOBS - LATE_JOB -> j = w; submit(); w++
    :: else -> break
    od
  }
  atomic { run Fetchers(); run Indexers(); run World() }
  /* Nobody can do anything any more. */
  timeout;
  d_step {
    for (j : 0 .. JOBS - 1) { assert(!IS_RUNNING(j)) }
    for (r : 0 .. RECORDS - 1) { assert(!IS_DELAYED(r)) }
    for (a : 0 .. ENTRIES - 1) { assert(redis.entry[a].place == FREE) }
    for (v : 0 .. VIDEOS - 1) { assert(redis.lock[v] == NOBODY && !redis.waiting[v]) }
    assert(redis.held == 0 && redis.ready == 0 && redis.payloads == 0)
  }
}
