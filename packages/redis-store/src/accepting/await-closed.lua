#!lua flags=allow-oom
-- Answers with the end of a run, or registers who is to be told of it. Safe to repeat.
--
-- KEYS  header   hash  the run
--       history  list  history of the current run
-- ARGV  channel  string, where to publish; no spaces
--       runId    string, "" for the current run; the first of a chain, or the last but one, stand for the current one
-- Reply closed runId status record | waiting runId | not-found
-- Writes only when the reply is waiting, and then only a name that was not there.

-- @include run-status

local header, history = KEYS[1], KEYS[2]
local channel, wantedRun = ARGV[1], ARGV[2]

local runId, status, waiters, firstRunId, continuedFrom =
	unpack(redis.call("HMGET", header, "runId", "status", "waiters", "firstRunId", "continuedFrom"))
-- A run that continued as another goes on as that one.
local isWanted = wantedRun == "" or wantedRun == runId or wantedRun == firstRunId or wantedRun == continuedFrom
if not runId or not isWanted then
	return { "not-found" }
end
if not OPEN[status] then
	return { "closed", runId, status, redis.call("LINDEX", history, -1) }
end
waiters = waiters or ""
-- Past this many the rest ask again now and then instead; a header must stay small.
if #waiters < 2000 and not string.find(" " .. waiters .. " ", " " .. channel .. " ", 1, true) then
	redis.call("HSET", header, "waiters", waiters == "" and channel or waiters .. " " .. channel)
end
return { "waiting", runId }
