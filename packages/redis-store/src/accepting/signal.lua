#!lua
-- Accepts a signal for an open run.
--
-- KEYS  lease       hash    ownership of the partition
--       inbox       stream  accepted events
--       operations  zset    operations applied lately
--       header      hash    the run
--       signalIds   hash    accepted signal ids of the current run
--       …delivery   string  when another run sends it: what that was answered
-- ARGV  workflowId    string
--       name          string, of the signal
--       payload       msgpack, opaque
--       signalKey     string, name and signal id; "" when the caller gave no id
--       signalId      string, "" for none
--       operationId   string, fresh; used when there is no signal id; "" when another run sends it
--       notAfterMs    epoch ms; a re-sent command past it is refused, because its operation may be forgotten
--       runCap        integer, unprocessed events of one run
--       partitionCap  integer, unprocessed events of the partition
--       expectedRun   string, run that is meant, "" for any
-- Reply accepted runId | duplicate runId | not-found | closed runId status | inbox-full scope | expired
-- Writes only when the reply is accepted, or the first time that a message is a duplicate.

-- @include now-ms
-- @include run-status
-- @include inbox-room
-- @include accept-signal
-- @include delivery
-- @include is-run

local keys = { lease = KEYS[1], inbox = KEYS[2], operations = KEYS[3], header = KEYS[4], signalIds = KEYS[5] }
local delivery, workflowId, expectedRun = KEYS[6], ARGV[1], ARGV[10]
local signal = {
	name = ARGV[2], payload = ARGV[3], key = ARGV[4], id = ARGV[5],
	operationId = ARGV[6], notAfterMs = tonumber(ARGV[7]),
}
local runCap, partitionCap = tonumber(ARGV[8]), tonumber(ARGV[9])

local earlier = earlier_answer(delivery)
if earlier then
	return earlier
end
local runId, status, accepted, processed =
	unpack(redis.call("HMGET", keys.header, "runId", "status", "accepted", "processed"))
if not runId or not is_run(keys.header, runId, expectedRun) then
	return { "not-found" }
end
if signal_applied(keys, signal) then
	return remember_answer(delivery, { "duplicate", runId })
end
if not OPEN[status] then
	return { "closed", runId, status }
end
local now = now_ms()
if now > signal.notAfterMs then
	return { "expired" }
end
local full = full_inbox(keys.inbox, partitionCap, accepted, processed, runCap)
if full then
	return { "inbox-full", full }
end
accept_signal(keys, workflowId, runId, signal, now)
return remember_answer(delivery, { "accepted", runId })
