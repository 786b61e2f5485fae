-- @include change-attributes

-- Removes everything of a closed run; of one that an idempotency key names stays a tombstone. `keys`: tombstones, header,
-- history, signalIds, cutOff, index, attributes, byAttribute, memos, offloaded.
local function forget_run(keys, workflowId)
	local runId, keyed, searchable = unpack(redis.call("HMGET", keys.header, "runId", "keyed", "searchable"))
	if keyed then
		redis.call("HSET", keys.tombstones, workflowId, runId)
	end
	if searchable then
		forget_search(keys, workflowId)
	end
	redis.call("ZREM", keys.index, workflowId)
	redis.call("DEL", keys.header, keys.history, keys.signalIds, keys.cutOff, keys.offloaded)
end
