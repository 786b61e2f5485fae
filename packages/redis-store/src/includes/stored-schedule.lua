-- @include now-ms
-- A schedule with what was asked of it, as a reply.
local function stored_schedule(fields, requests, now)
	return { "schedule", integer(now), fields, redis.call("LRANGE", requests, 0, -1) }
end
