#!lua flags=no-writes
-- Reads header and history of a run as they belong together.
--
-- KEYS  header   hash  the run
--       history  list  history of the current run
-- ARGV  none
-- Reply run fields records | not-found
-- Writes nothing.

local header, history = KEYS[1], KEYS[2]

local fields = redis.call("HGETALL", header)
if #fields == 0 then
	return { "not-found" }
end
return { "run", fields, redis.call("LRANGE", history, 0, -1) }
