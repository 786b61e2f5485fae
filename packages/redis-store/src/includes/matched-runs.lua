-- @include byte-order
-- Gathers runs that match a filter: how many, how many of each group, and the first of them.
-- filter: conditions (per condition a list of ranges), idPrefix, fromMs, toMs; each "" for none
-- page: afterMs ("" for none), afterId, limit; groupBy: "" for none, "index", or the beginning of a term

local function in_range(term, range)
	local member, from, to = term .. "\0", range[1], range[2]
	if not to then
		return string.sub(member, 1, #from) == from
	end
	return at_or_before(member, from) and not at_or_before(member, to)
end

-- Whether a run with these terms (from the second element on) meets a condition.
local function meets(record, condition)
	for index = 2, #record do
		for _, range in ipairs(condition) do
			if in_range(record[index], range) then
				return true
			end
		end
	end
	return false
end

local function meets_all(record, conditions)
	for _, condition in ipairs(conditions) do
		if not meets(record, condition) then
			return false
		end
	end
	return true
end

-- What is told by id and time of creation alone.
local function fits(filter, workflowId, createdAtMs)
	local createdAt = tonumber(createdAtMs)
	return (filter.fromMs == "" or createdAt >= tonumber(filter.fromMs))
		and (filter.toMs == "" or createdAt < tonumber(filter.toMs))
		and string.sub(workflowId, 1, #filter.idPrefix) == filter.idPrefix
end

-- Newest first, ties by id; both lists of id, time of creation, index.
local function place_before(a, b)
	local timeOfA, timeOfB = tonumber(a[2]), tonumber(b[2])
	if timeOfA ~= timeOfB then
		return timeOfA > timeOfB
	end
	return a[1] ~= b[1] and at_or_before(a[1], b[1])
end

local function new_matches()
	return { total = 0, groups = {}, places = {} }
end

local function keep_first(matches, limit)
	if #matches.places <= limit then
		return
	end
	table.sort(matches.places, place_before)
	for index = #matches.places, limit + 1, -1 do
		matches.places[index] = nil
	end
end

-- index: number of its status index among those of the call; record: its terms, nil when it has none
local function add_match(matches, place, record, page, groupBy)
	matches.total = matches.total + 1
	if groupBy == "index" then
		matches.groups[place[3]] = (matches.groups[place[3]] or 0) + 1
	elseif groupBy ~= "" then
		for index = 2, #record do
			local term = record[index]
			if string.sub(term, 1, #groupBy) == groupBy then
				matches.groups[term] = (matches.groups[term] or 0) + 1
			end
		end
	end
	if page.limit > 0 and (page.afterMs == "" or place_before({ page.afterId, page.afterMs }, place)) then
		matches.places[#matches.places + 1] = place
		-- Now and then, so that neither the list nor the sorting grows with the number of matches.
		if #matches.places > 2 * page.limit + 1000 then
			keep_first(matches, page.limit)
		end
	end
end

-- As lists: group, count, group, count, … and id, time of creation, index, id, …
local function matches_reply(matches, page)
	keep_first(matches, page.limit)
	local groups, places = {}, {}
	for group, count in pairs(matches.groups) do
		groups[#groups + 1] = group
		groups[#groups + 1] = count
	end
	for _, place in ipairs(matches.places) do
		for _, part in ipairs(place) do
			places[#places + 1] = part
		end
	end
	return matches.total, groups, places
end
