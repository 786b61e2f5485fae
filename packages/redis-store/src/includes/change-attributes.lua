-- @include in-slices
-- Search attributes of a run: its record (type, then its terms) and one member of the index for each term. The header
-- notes that there is something, so that nothing is asked of a run without.
-- keys: header, attributes, byAttribute, memos; run: workflowId, type
-- changes: per attribute its name and its terms, none to remove it

local function term_member(term, workflowId)
	return term .. "\0" .. workflowId
end

-- What changes would lead to; nothing is written. Returns record, members to add, members to remove, and the number
-- of attributes that the run would have.
local function planned_attributes(keys, run, changes)
	local stored = redis.call("HGET", keys.attributes, run.workflowId)
	local before = stored and cmsgpack.unpack(stored) or {}
	local plan = { record = { run.type }, added = {}, removed = {}, count = 0 }
	local changed, counted = {}, {}
	local function keep(term, name)
		plan.record[#plan.record + 1] = term
		if not counted[name] then
			counted[name] = true
			plan.count = plan.count + 1
		end
	end
	for _, change in ipairs(changes) do
		changed[change[1]] = true
	end
	for index = 2, #before do
		local name = string.sub(before[index], 1, string.find(before[index], "\0", 1, true) - 1)
		if changed[name] then
			plan.removed[#plan.removed + 1] = term_member(before[index], run.workflowId)
		else
			keep(before[index], name)
		end
	end
	for _, change in ipairs(changes) do
		for _, term in ipairs(change[2]) do
			keep(term, change[1])
			plan.added[#plan.added + 1] = "0"
			plan.added[#plan.added + 1] = term_member(term, run.workflowId)
		end
	end
	return plan
end

local function write_attributes(keys, run, plan)
	in_slices(plan.removed, function(...)
		redis.call("ZREM", keys.byAttribute, ...)
	end)
	in_slices(plan.added, function(...)
		redis.call("ZADD", keys.byAttribute, ...)
	end)
	if plan.count == 0 then
		redis.call("HDEL", keys.attributes, run.workflowId)
	else
		redis.call("HSET", keys.attributes, run.workflowId, cmsgpack.pack(plan.record))
		redis.call("HSET", keys.header, "searchable", "1")
	end
end

-- memo: "" keeps it, false removes it
local function write_search(keys, run, changes, memo)
	if #changes > 0 then
		write_attributes(keys, run, planned_attributes(keys, run, changes))
	end
	if not memo then
		redis.call("HDEL", keys.memos, run.workflowId)
	elseif memo ~= "" then
		redis.call("HSET", keys.memos, run.workflowId, memo)
		redis.call("HSET", keys.header, "searchable", "1")
	end
end

-- Of a run that is about to be removed.
local function forget_search(keys, workflowId)
	local stored = redis.call("HGET", keys.attributes, workflowId)
	local record = stored and cmsgpack.unpack(stored) or {}
	for index = 2, #record do
		redis.call("ZREM", keys.byAttribute, term_member(record[index], workflowId))
	end
	redis.call("HDEL", keys.attributes, workflowId)
	redis.call("HDEL", keys.memos, workflowId)
end
