#!lua flags=no-writes
-- Reads header and history of a run as they belong together.
--
-- KEYS  header   hash  the run
--       history  list  history of the current run
--       cutOff   list  what a reset cut off from it
-- ARGV  none
-- Reply run fields records cutOff | not-found
-- Writes nothing.

local header, history, cutOff = KEYS[1], KEYS[2], KEYS[3]

local fields = redis.call("HGETALL", header)
if #fields == 0 then
	return { "not-found" }
end
return { "run", fields, redis.call("LRANGE", history, 0, -1), redis.call("LRANGE", cutOff, 0, -1) }
