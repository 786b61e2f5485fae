#!lua
-- Accepts a request to update an open run, or tells where the update of that id is. Safe to repeat.
--
-- KEYS  lease      hash    ownership of the partition
--       inbox      stream  accepted events
--       header     hash    the run
--       history    list    history of the current run
--       signalIds  hash    accepted signal ids and updates of the current run
-- ARGV  workflowId    string
--       name          string, of the update
--       input         msgpack, opaque
--       updateId      string
--       channel       string, where to publish progress; no spaces, "" for nowhere
--       runCap        integer, unprocessed events of one run
--       partitionCap  integer, unprocessed events of the partition
-- Reply admitted runId firstRunId | accepted runId firstRunId | completed runId firstRunId record
--       | rejected runId firstRunId failure | forgotten runId firstRunId
--       | abandoned runId firstRunId status accepted | not-found | closed runId status | suspended runId
--       | inbox-full scope
-- Writes only when the reply is admitted or accepted: the request once per updateId, and the channel.

-- @include inbox-room
-- @include admit-update

local keys = { lease = KEYS[1], inbox = KEYS[2], header = KEYS[3], history = KEYS[4], signalIds = KEYS[5] }
local workflowId, name, input, updateId, channel = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local runCap, partitionCap = tonumber(ARGV[6]), tonumber(ARGV[7])

local runId, firstRunId, status, accepted, processed =
	unpack(redis.call("HMGET", keys.header, "runId", "firstRunId", "status", "accepted", "processed"))
if not runId then
	return { "not-found" }
end
local run = { workflowId = workflowId, runId = runId, firstRunId = firstRunId, status = status }
local known = update_state(keys, run, updateId, channel)
if known then
	return known
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if status == "suspended" then
	return { "suspended", runId }
end
local full = full_inbox(keys.inbox, partitionCap, accepted, processed, runCap)
if full then
	return { "inbox-full", full }
end
return admit_update(keys, run, { id = updateId, name = name, input = input }, channel)
