#!lua flags=no-writes
-- Reads what is known of a run without reading it all: its header, and the first and the last record of its history.
--
-- KEYS  header      hash  the run
--       history     list  history of the current run
--       attributes  hash  search attributes of each run that has any
-- ARGV  workflowId  string
-- Reply run fields records attributes ("" when it never had any) | not-found
--       records: none when no code has begun it, one when it is the first and the last
-- Writes nothing.

local header, history, attributes = KEYS[1], KEYS[2], KEYS[3]
local workflowId = ARGV[1]

local fields = redis.call("HGETALL", header)
if #fields == 0 then
	return { "not-found" }
end
local records = redis.call("LRANGE", history, 0, 0)
if redis.call("LLEN", history) > 1 then
	records[2] = redis.call("LINDEX", history, -1)
end
return { "run", fields, records, redis.call("HGET", attributes, workflowId) or "" }
