/* The hand-over of videos between Redis, fetchers and indexers, small enough to look at every interleaving.
 *
 * Two jobs share one video; the first has a video of its own too. Two fetchers and two indexers crash at any
 * instruction, entries are taken over from the living and the dead at any time, the second job may be cancelled, and
 * Redis may once fall back to an earlier state (an append-only file cut by a power failure) while workers go on.
 * Each `atomic` block that touches the records is one Redis function (Sources/RedisQueue/Functions).
 *
 * Safety:   each video of a job is in exactly one state and counted there; only the newest token is accepted;
 *           a lock belongs to a running job whose video is in work; done means that it is in the index.
 * Progress: whatever happens, some step is possible until every job has ended (an invalid end state otherwise).
 */
#define JOBS 2
#define VIDEOS 2
#define SLOTS (JOBS * VIDEOS)
#define slot(j, v) ((j) * VIDEOS + (v))
#define MAXDELIVERIES 5

/* The states of a video in a job. NONE: the job does not have that video. */
#define NONE 0
#define QUEUED 1   /* in the backlog or waiting in the fetch stream */
#define PARKED 2   /* waits for the other job's fetch of the same video; counted as queued */
#define FETCHING 3
#define INDEXING 4
#define DONE 5
#define SKIPPED 6
#define DEAD 7
#define FREE 255

#define queued_counter 0
#define fetching_counter 1
#define indexing_counter 2
#define ended_counter 3

typedef Redis {
  byte state[SLOTS];
  byte token[SLOTS];      /* of the newest delivery; 0: none */
  byte accepted[SLOTS];   /* the fetch token whose result was accepted: a repeated call is told so again */
  byte deliveries[SLOTS];
  byte counter[8];        /* four for each job */
  bool running[JOBS];
  byte lock[VIDEOS];      /* the job that fetches the video; FREE: nobody */
  bool recent[VIDEOS];    /* indexed lately */
};

Redis redis;
Redis snapshot;
bool have_snapshot = false, rolled_back = false;
bool cancelled = false;
bool in_index[VIDEOS];      /* the index is outside Redis: it never falls back */
byte crashes = 0;
byte next_token = 1;        /* tokens carry a boot nonce: never given out twice, not even after a fall-back */

#define counter_of(s) \
  (s == QUEUED || s == PARKED -> queued_counter : \
  (s == FETCHING -> fetching_counter : \
  (s == INDEXING -> indexing_counter : ended_counter)))

/* The only place where counters change. */
inline shift(j, v, to) {
  redis.counter[j * 4 + counter_of(redis.state[slot(j, v)])]--;
  redis.state[slot(j, v)] = to;
  redis.counter[j * 4 + counter_of(to)]++;
}

inline end_check(j) {
  if
  :: redis.running[j] && redis.counter[j * 4 + queued_counter] + redis.counter[j * 4 + fetching_counter] +
       redis.counter[j * 4 + indexing_counter] == 0 -> redis.running[j] = false
  :: else
  fi
}

/* The lock of a video is released; the other job's waiting video goes on, or is spared the work. */
inline unlock(j, v, spare) {
  if
  :: redis.lock[v] == j ->
     redis.lock[v] = FREE;
     if
     :: redis.running[1 - j] && redis.state[slot(1 - j, v)] == PARKED ->
        if
        :: spare -> shift(1 - j, v, SKIPPED); end_check(1 - j)
        :: else -> shift(1 - j, v, QUEUED)
        fi
     :: else
     fi
  :: else
  fi
}

inline take_fetch(j, v, token) {
  token = 0;
  if
  :: redis.recent[v] && redis.state[slot(j, v)] == QUEUED -> shift(j, v, SKIPPED); unlock(j, v, true); end_check(j)
  :: else ->
     if
     :: redis.state[slot(j, v)] == QUEUED && redis.lock[v] != FREE && redis.lock[v] != j -> shift(j, v, PARKED)
     :: else ->
        if
        :: redis.state[slot(j, v)] == QUEUED -> redis.lock[v] = j; redis.deliveries[slot(j, v)] = 0
        :: else /* taken over from another worker */
        fi;
        redis.deliveries[slot(j, v)]++;
        if
        :: redis.deliveries[slot(j, v)] > MAXDELIVERIES -> shift(j, v, DEAD); unlock(j, v, false); end_check(j)
        :: else ->
           shift(j, v, FETCHING);
           token = next_token; next_token++;
           redis.token[slot(j, v)] = token
        fi
     fi
  fi
}

/* A result of the fetch stage. A late one changes nothing; a repeated one changes nothing more. */
inline hand_over(j, v, mine) {
  if
  :: redis.running[j] && redis.state[slot(j, v)] == FETCHING && redis.token[slot(j, v)] == mine ->
     shift(j, v, INDEXING);
     redis.accepted[slot(j, v)] = mine; redis.token[slot(j, v)] = 0; redis.deliveries[slot(j, v)] = 0
  :: else
  fi
}

inline complete(j, v, mine) {
  if
  :: redis.running[j] && redis.state[slot(j, v)] == INDEXING && redis.token[slot(j, v)] == mine ->
     assert(in_index[v]);
     shift(j, v, DONE);
     redis.token[slot(j, v)] = 0; redis.recent[v] = true;
     unlock(j, v, true); end_check(j)
  :: else
  fi
}

#define all_ended (!redis.running[0] && !redis.running[1])
#define workable(j, v, s) (redis.running[j] && (redis.state[slot(j, v)] == s))

/* One reclaim budget keeps the state space finite: robbing the living changes nothing but tokens. */
byte robberies = 0;
#define MAXROBBERIES 2
#define MAXCRASHES 3

/* A worker that died leaves its video FETCHING or INDEXING; `holders` says that nobody alive works on it. */
byte holders[SLOTS];

proctype Fetcher() {
  byte j, v, token;
  do
  :: all_ended -> break
  :: else ->
     /* Take: a queued video, one whose worker is gone, or (robbery) one that somebody still works on. */
     atomic {
       if
       :: workable(0, 0, QUEUED) -> j = 0; v = 0
       :: workable(0, 1, QUEUED) -> j = 0; v = 1
       :: workable(1, 0, QUEUED) -> j = 1; v = 0
       :: workable(0, 0, FETCHING) && holders[slot(0, 0)] == 0 -> j = 0; v = 0
       :: workable(0, 1, FETCHING) && holders[slot(0, 1)] == 0 -> j = 0; v = 1
       :: workable(1, 0, FETCHING) && holders[slot(1, 0)] == 0 -> j = 1; v = 0
       :: robberies < MAXROBBERIES && workable(0, 0, FETCHING) && holders[slot(0, 0)] > 0 -> j = 0; v = 0; robberies++
       :: robberies < MAXROBBERIES && workable(1, 0, FETCHING) && holders[slot(1, 0)] > 0 -> j = 1; v = 0; robberies++
       :: all_ended -> break
       fi;
       take_fetch(j, v, token);
       if :: token != 0 -> holders[slot(j, v)]++ :: else fi
     };
     if
     :: token == 0
     :: token != 0 ->
        if
        :: atomic { crashes < MAXCRASHES -> crashes++; holders[slot(j, v)]-- } /* dies before it reports */
        :: atomic { hand_over(j, v, token); holders[slot(j, v)]-- }
        :: atomic { hand_over(j, v, token) }; atomic { hand_over(j, v, token); holders[slot(j, v)]-- } /* the call is repeated */
        fi
     fi;
     token = 0
  od
}

proctype Indexer() {
  byte j, v, token;
  do
  :: all_ended -> break
  :: else ->
     atomic {
       if
       :: workable(0, 0, INDEXING) && (holders[slot(0, 0)] == 0 || robberies < MAXROBBERIES) -> j = 0; v = 0
       :: workable(0, 1, INDEXING) && (holders[slot(0, 1)] == 0 || robberies < MAXROBBERIES) -> j = 0; v = 1
       :: workable(1, 0, INDEXING) && (holders[slot(1, 0)] == 0 || robberies < MAXROBBERIES) -> j = 1; v = 0
       :: all_ended -> break
       fi;
       if :: holders[slot(j, v)] > 0 -> robberies++ :: else fi;
       redis.deliveries[slot(j, v)]++;
       if
       :: redis.deliveries[slot(j, v)] > MAXDELIVERIES -> token = 0; shift(j, v, DEAD); unlock(j, v, false); end_check(j)
       :: else -> token = next_token; next_token++; redis.token[slot(j, v)] = token; holders[slot(j, v)]++
       fi
     };
     if
     :: token == 0
     :: token != 0 ->
        if
        :: atomic { crashes < MAXCRASHES -> crashes++; holders[slot(j, v)]-- } /* dies before it writes */
        :: true ->
           in_index[v] = true; /* durable; writing it again changes nothing */
           if
           :: atomic { crashes < MAXCRASHES -> crashes++; holders[slot(j, v)]-- } /* dies before it reports */
           :: atomic { complete(j, v, token); holders[slot(j, v)]-- }
           :: atomic { complete(j, v, token) }; atomic { complete(j, v, token); holders[slot(j, v)]-- }
           fi
        fi
     fi;
     token = 0
  od
}

proctype Canceller() {
  if
  :: atomic {
       redis.running[1] ->
       redis.running[1] = false; cancelled = true;
       /* The job's videos leave their states in the same step; locks it held are released for the other job. */
       if
       :: redis.state[slot(1, 0)] == FETCHING || redis.state[slot(1, 0)] == INDEXING || redis.state[slot(1, 0)] == QUEUED ||
            redis.state[slot(1, 0)] == PARKED -> shift(1, 0, SKIPPED)
       :: else
       fi;
       unlock(1, 0, false)
     }
  :: true
  fi
}

inline copy(from, to) {
  byte i;
  for (i : 0 .. SLOTS - 1) {
    to.state[i] = from.state[i]; to.token[i] = from.token[i]; to.accepted[i] = from.accepted[i];
    to.deliveries[i] = from.deliveries[i]
  }
  for (i : 0 .. 7) { to.counter[i] = from.counter[i] }
  for (i : 0 .. JOBS - 1) { to.running[i] = from.running[i] }
  for (i : 0 .. VIDEOS - 1) { to.lock[i] = from.lock[i]; to.recent[i] = from.recent[i] }
  i = 0
}

proctype PowerFailure() {
  if
  :: d_step { copy(redis, snapshot); have_snapshot = true };
     if
     :: d_step { copy(snapshot, redis); rolled_back = true }
     :: true
     fi
  :: true
  fi
}

#define total(j) (redis.counter[j * 4] + redis.counter[j * 4 + 1] + redis.counter[j * 4 + 2] + redis.counter[j * 4 + 3])
#define in_state(s) ((redis.state[0] == s -> 1 : 0) + (redis.state[1] == s -> 1 : 0))

proctype Observer() {
  atomic {
    /* Counters say what the records say, at every instant. */
    assert(total(0) == 2 && total(1) == 1);
    assert(redis.counter[queued_counter] == in_state(QUEUED) + in_state(PARKED));
    assert(redis.counter[fetching_counter] == in_state(FETCHING));
    assert(redis.counter[indexing_counter] == in_state(INDEXING));
    /* Done means searchable. */
    assert(redis.state[slot(0, 0)] != DONE || in_index[0]);
    assert(redis.state[slot(0, 1)] != DONE || in_index[1]);
    assert(redis.state[slot(1, 0)] != DONE || in_index[0]);
    /* Nobody waits for a lock that nobody holds. */
    assert(redis.state[slot(0, 0)] != PARKED || !redis.running[0] || redis.lock[0] == 1);
    assert(redis.state[slot(1, 0)] != PARKED || !redis.running[1] || redis.lock[0] == 0);
    /* A lock's owner is at work. */
    assert(redis.lock[0] == FREE || !redis.running[redis.lock[0]] ||
      redis.state[slot(redis.lock[0], 0)] == FETCHING || redis.state[slot(redis.lock[0], 0)] == INDEXING)
  }
}

init {
  atomic {
    redis.state[slot(0, 0)] = QUEUED; redis.state[slot(0, 1)] = QUEUED; redis.state[slot(1, 0)] = QUEUED;
    redis.counter[queued_counter] = 2; redis.counter[4 + queued_counter] = 1;
    redis.running[0] = true; redis.running[1] = true;
    redis.lock[0] = FREE; redis.lock[1] = FREE;
    run Fetcher(); run Fetcher(); run Indexer(); run Indexer();
    run Canceller(); run PowerFailure(); run Observer()
  };
  (_nr_pr == 1);
  /* Everything has ended, and every record with it. */
  assert(all_ended);
  assert(redis.counter[queued_counter] + redis.counter[fetching_counter] + redis.counter[indexing_counter] == 0);
  assert(redis.counter[4 + queued_counter] + redis.counter[4 + fetching_counter] + redis.counter[4 + indexing_counter] == 0)
}
