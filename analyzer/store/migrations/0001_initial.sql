-- The first schema. Every instant is an INTEGER of microseconds since 1970-01-01T00:00:00Z, so that it orders,
-- compares and survives exactly. Bodies are JSON text of the caller's making; the store checks only that they are
-- JSON, because one that is not would be found out by the next restart, too late. Tables are STRICT: a text in a
-- column of integers is refused here, not discovered there.
-- A migration that was ever released is never edited: its checksum is kept in every database it made.

-- "HALD": tells our files from other SQLite databases.
PRAGMA application_id = 1212238916;

-- What was learned, in the order in which it was learned. Folding a service's facts from the first gives its state.
CREATE TABLE facts (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,      -- position, from 1; AUTOINCREMENT: never used twice, also after a deletion
    service  TEXT    NOT NULL CHECK (service <> ''), -- the service, as its policy names it
    as_of_us INTEGER NOT NULL,                       -- the instant that the fact speaks of, in microseconds
    body     TEXT    NOT NULL CHECK (json_valid(body)) -- the fact, JSON
) STRICT;
-- A service's facts in order, its last fact, and the list of services.
CREATE INDEX facts_by_service ON facts (service, seq);

-- One evaluation of everything known up to one instant.
CREATE TABLE looks (
    seq          INTEGER PRIMARY KEY,                    -- position, from 1
    rollout      TEXT    NOT NULL CHECK (rollout <> ''), -- the rollout's id
    service      TEXT    NOT NULL CHECK (service <> ''), -- the service, as its policy names it
    region       TEXT    NOT NULL CHECK (region <> ''),  -- the region, as the policy names it
    as_of_us     INTEGER NOT NULL,                       -- the instant looked at, in microseconds
    fact_seq     INTEGER NOT NULL,                       -- the service's last fact that the look knew; 0: none
    state_digest TEXT    NOT NULL,                       -- digest of the state after the look; replay must reach the same
    body         TEXT    NOT NULL CHECK (json_valid(body)) -- the look, JSON
) STRICT;
-- A rollout's looks in order, and its last one.
CREATE INDEX looks_by_rollout ON looks (rollout, seq);

-- One release in one region: one run of Flagger there.
CREATE TABLE rollouts (
    seq       INTEGER PRIMARY KEY,                    -- order of first appearance, from 1
    id        TEXT    NOT NULL UNIQUE CHECK (id <> ''), -- the id minted when it opened
    service   TEXT    NOT NULL CHECK (service <> ''), -- the service, as its policy names it
    region    TEXT    NOT NULL CHECK (region <> ''),  -- the region, as the policy names it
    release   TEXT,                                   -- the release; NULL: not known
    opened_us INTEGER NOT NULL,                       -- when it opened, in microseconds
    closed_us INTEGER,                                -- when it closed, in microseconds; NULL: still open
    outcome   TEXT,                                   -- how it ended; NULL: not known yet
    body      TEXT    NOT NULL CHECK (json_valid(body)) -- the rest, JSON
) STRICT;
-- Newest first: of all, of a service, of a region, and of those still open.
CREATE INDEX rollouts_by_opening ON rollouts (opened_us, seq);
CREATE INDEX rollouts_by_service ON rollouts (service, opened_us, seq);
CREATE INDEX rollouts_by_region ON rollouts (region, opened_us, seq);
CREATE INDEX rollouts_still_open ON rollouts (opened_us, seq) WHERE closed_us IS NULL;

-- Every answer given to Flagger. Nothing is checked here: what could not be used must be recorded as it came.
CREATE TABLE hooks (
    seq     INTEGER PRIMARY KEY, -- position, from 1
    at_us   INTEGER NOT NULL,    -- when it was answered, in microseconds
    service TEXT    NOT NULL,    -- the service, as the payload names it
    region  TEXT    NOT NULL,    -- the region, as the address names it
    hook    TEXT    NOT NULL,    -- the hook's name
    rollout TEXT,                -- the rollout it was answered for; NULL: none
    payload TEXT    NOT NULL,    -- the body of the request, as it came
    status  INTEGER NOT NULL,    -- the HTTP status answered
    line    TEXT    NOT NULL     -- the line answered, plain text
) STRICT;
-- A rollout's hooks, the newest first; and the oldest of all, which retention takes.
CREATE INDEX hooks_by_rollout ON hooks (rollout, seq) WHERE rollout IS NOT NULL;
CREATE INDEX hooks_by_age ON hooks (at_us);

-- What a service counted in a region while no rollout was under way: its own past.
CREATE TABLE history (
    seq      INTEGER PRIMARY KEY,                    -- position, from 1
    service  TEXT    NOT NULL CHECK (service <> ''), -- the service, as its policy names it
    region   TEXT    NOT NULL CHECK (region <> ''),  -- the region, as the policy names it
    as_of_us INTEGER NOT NULL,                       -- the end of the interval counted, in microseconds
    origin   TEXT    NOT NULL CHECK (origin IN ('scraped', 'synthetic')), -- measured, or made up for a trial
    body     TEXT    NOT NULL CHECK (json_valid(body)) -- the counts, JSON
) STRICT;
-- A stretch of one service's past in one region. Unique, because an interval counts once however often it is read.
CREATE UNIQUE INDEX history_by_place ON history (service, region, as_of_us, origin);
-- The oldest of all, which retention takes.
CREATE INDEX history_by_age ON history (as_of_us);

-- One row that readiness rewrites: a question whether a write would succeed, asked by writing.
CREATE TABLE heartbeat (
    id    INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
    beats INTEGER NOT NULL                    -- how often it was written
) STRICT;
INSERT INTO heartbeat (id, beats) VALUES (1, 0);
