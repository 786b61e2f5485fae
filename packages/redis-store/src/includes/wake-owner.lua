-- Wakes the owner of the partition if it said that it is idle; once per idle time.
local function wake_owner(lease)
	local idle, partition = unpack(redis.call("HMGET", lease, "idle", "partition"))
	if idle then
		redis.call("HDEL", lease, "idle")
		redis.call("PUBLISH", idle, partition)
	end
end
