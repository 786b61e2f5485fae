-- Wakes the owner of the partition if it said that it is idle; once per idle time.
local function wake_owner(lease)
	local idle = redis.call("HGET", lease, "idle")
	if idle then
		redis.call("HDEL", lease, "idle")
		redis.call("PUBLISH", idle, redis.call("HGET", lease, "partition"))
	end
end
