-- Values of a workflow outside of its history: fields of one hash, by their ids.
local function write_offloaded(key, ids, values)
	for index, id in ipairs(ids) do
		redis.call("HSET", key, id, values[index])
	end
end

-- Removes those that a new run does not go on with.
local function keep_offloaded(key, keptIds)
	local isKept = {}
	for _, id in ipairs(keptIds) do
		isKept[id] = true
	end
	for _, id in ipairs(redis.call("HKEYS", key)) do
		if not isKept[id] then
			redis.call("HDEL", key, id)
		end
	end
end
