#!lua flags=no-writes
-- Finds the runs of a partition that have certain search attributes, at one moment. Looks at the runs that meet the
-- condition which the fewest meet, and at no others.
--
-- KEYS  attributes   hash  search attributes of each run that has any
--       byAttribute  zset  the same by value: name, type, value, workflow id
--       …indexes     zset  indexes of (type, status): per type of the filter one for each status
-- ARGV  filter       msgpack: types, statuses (how many), conditions, idPrefix, fromMs, toMs; see matched-runs
--       afterMs      epoch ms of the place to continue behind, "" for the start
--       afterId      workflow id of that place
--       limit        integer, places at most
--       groupBy      "" for none, or the beginning of a term
--       candidates   integer, runs to look at at most
-- Reply found total groups places | too-broad candidates
-- Writes nothing.

-- @include matched-runs

local attributes, byAttribute = KEYS[1], KEYS[2]
local filter = cmsgpack.unpack(ARGV[1])
local behind = ARGV[2] ~= "" and { ARGV[3], tonumber(ARGV[2]) } or nil
local limit, groupBy, maxCandidates = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])

-- Bytes of UTF-8 are below 255.
local function members_between(command, range)
	return redis.call(command, byAttribute, "[" .. range[1], range[2] and "(" .. range[2] or "(" .. range[1] .. "\255")
end

local narrowest, fewest
for number, condition in ipairs(filter.conditions) do
	local count = 0
	for _, range in ipairs(condition) do
		count = count + members_between("ZLEXCOUNT", range)
	end
	if not fewest or count < fewest then
		narrowest, fewest = number, count
	end
end
if fewest > maxCandidates then
	return { "too-broad", fewest }
end

local firstIndexOf = {}
for number, type in ipairs(filter.types) do
	firstIndexOf[type] = (number - 1) * filter.statuses + 1
end

-- Number and time of creation of the one index that has the run, if it is one of the filter's.
local function index_of(type, workflowId)
	local first = firstIndexOf[type]
	for number = first or 1, first and first + filter.statuses - 1 or 0 do
		local index = number + 2
		local createdAtMs = redis.call("ZSCORE", KEYS[index], workflowId)
		if createdAtMs then
			return number, tonumber(createdAtMs)
		end
	end
end

local conditions = prepared(filter.conditions)
local matches, seen = new_matches(behind, limit), {}
for _, range in ipairs(filter.conditions[narrowest]) do
	for _, member in ipairs(members_between("ZRANGEBYLEX", range)) do
		local endOfName = string.find(member, "\0", 1, true)
		local workflowId = string.sub(member, string.find(member, "\0", endOfName + 1, true) + 1)
		-- A run with a list may be found more than once.
		if not seen[workflowId] then
			seen[workflowId] = true
			local record = cmsgpack.unpack(redis.call("HGET", attributes, workflowId))
			if meets_all(record, conditions, narrowest) then
				local number, createdAtMs = index_of(record[1], workflowId)
				if number and fits(filter, workflowId, createdAtMs) then
					add_match(matches, { workflowId, createdAtMs, number }, record, groupBy)
				end
			end
		end
	end
end
return { "found", matches_reply(matches) }
