#!lua flags=allow-oom
-- Tells where an update is, and notes who is to be told of its progress and of the end of its run. Safe to repeat.
--
-- KEYS  header     hash  the run
--       history    list  history of the current run
--       signalIds  hash  accepted signal ids and updates of the current run
-- ARGV  firstRunId  string, of the chain of runs that was asked
--       updateId    string
--       channel     string, where to publish; no spaces
-- Reply admitted runId firstRunId | accepted runId firstRunId | completed runId firstRunId record
--       | rejected runId firstRunId failure | forgotten runId firstRunId
--       | abandoned runId firstRunId status accepted | not-found
-- Writes only when the reply is admitted or accepted, and then only a name that was not there.

-- @include update-state

local keys = { header = KEYS[1], history = KEYS[2], signalIds = KEYS[3] }
local wantedRun, updateId, channel = ARGV[1], ARGV[2], ARGV[3]

local runId, firstRunId, status, waiters =
	unpack(redis.call("HMGET", keys.header, "runId", "firstRunId", "status", "waiters"))
if not runId or (firstRunId or runId) ~= wantedRun then
	return { "not-found" }
end
local known = update_state(keys, { runId = runId, firstRunId = firstRunId, status = status }, updateId, channel)
if not known then
	return { "not-found" }
end
-- A termination knows who waits for the run, not who waits for one of its updates.
local more = (known[1] == "admitted" or known[1] == "accepted") and with_waiter(waiters, channel)
if more then
	redis.call("HSET", keys.header, "waiters", more)
end
return known
