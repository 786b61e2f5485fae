#!lua flags=no-writes
-- Reads a schedule and what was asked of it as they belong together.
--
-- KEYS  schedule  hash  the schedule
--       requests  list  asked of it, and not taken by its owner
-- ARGV  none
-- Reply schedule nowMs fields requests | not-found
-- Writes nothing.

-- @include stored-schedule

local schedule, requests = KEYS[1], KEYS[2]

local fields = redis.call("HGETALL", schedule)
if #fields == 0 then
	return { "not-found" }
end
return stored_schedule(fields, requests, now_ms())
