#!lua flags=allow-oom
-- Notes that whoever does the work of an open activity outside is at it.
--
-- KEYS  header     hash  the run
--       activity   hash  the pending activity
--       signalIds  hash  references of the current run
-- ARGV  runId           string
--       token           string; "" by reference
--       referenceField  string, in signalIds; "" by token
--       referenceValue  string, what the caller found there; "" for nothing
--       hasDetails      1 when details are given
--       details         msgpack, opaque
-- Reply alive | already-settled | not-found runId | closed runId status | workflow-not-found
-- Writes only when the reply is alive.

-- @include now-ms
-- @include open-activity

local target = {
	header = KEYS[1], activity = KEYS[2], signalIds = KEYS[3],
	runId = ARGV[1], token = ARGV[2], referenceField = ARGV[3], referenceValue = ARGV[4],
}
local hasDetails, details = ARGV[5], ARGV[6]

local open, refusal = open_activity(target)
if not open then
	return refusal
end
-- Not aliveAtMs: that is of the worker, if one still runs the attempt.
redis.call("HSET", target.activity, "heartbeatAtMs", integer(now_ms()))
if hasDetails == "1" then
	redis.call("HSET", target.activity, "heartbeatDetails", details)
end
return { "alive" }
